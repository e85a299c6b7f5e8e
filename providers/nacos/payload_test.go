package nacos_test

import (
	"maps"
	"strings"
	"testing"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/nacre-go/nacre/providers/nacos"
)

// The generated code of the SDK is the judge of our envelope, either way.
func FuzzPayload(f *testing.F) {
	for _, p := range []*pb.Payload{
		{},
		{Metadata: &pb.Metadata{Type: "T", ClientIp: "10.0.0.1", Headers: map[string]string{"a": "1", "b": "", "": "c"}}, Body: &anypb.Any{Value: []byte(`{"a":1}`)}},
		{Metadata: &pb.Metadata{}, Body: &anypb.Any{TypeUrl: "x/y", Value: make([]byte, 300)}},
	} {
		b, err := proto.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(append(b, b...))
	}
	f.Add([]byte{0x12, 0x03, 0x1a, 0x01, 0xff})       // a type that is not UTF-8
	f.Add([]byte{0x08, 0x01, 0x15, 0, 0, 0, 0, 0x13}) // numbers, and a group that does not end
	f.Add([]byte{0x12, 0x02, 0x3a, 0x00})             // a header without a name
	f.Fuzz(func(t *testing.T, b []byte) {
		var want pb.Payload
		refused := proto.Unmarshal(b, &want)
		typ, ip, headers, body, err := nacos.DecodePayload(b)
		if refused != nil {
			return // of what is no envelope, we may take what can be read
		}
		if err != nil {
			t.Fatalf("%x is an envelope, and was refused: %v", b, err)
		}
		if meta := want.GetMetadata(); typ != meta.GetType() || ip != meta.GetClientIp() || !maps.Equal(headers, meta.GetHeaders()) {
			t.Errorf("%x: got type %q, address %q, headers %q, want %v", b, typ, ip, headers, meta)
		}
		if string(body) != string(want.GetBody().GetValue()) {
			t.Errorf("%x: got body %q, want %q", b, body, want.GetBody().GetValue())
		}

		var back pb.Payload
		if err := proto.Unmarshal(nacos.EncodePayload(typ, ip, headers, body), &back); err != nil {
			t.Fatalf("the generated code refuses what we make of %x: %v", b, err)
		}
		if m := back.GetMetadata(); m.GetType() != typ || m.GetClientIp() != ip || !maps.Equal(m.GetHeaders(), headers) || string(back.GetBody().GetValue()) != string(body) {
			t.Errorf("%x came back as %v", b, &back)
		}
	})
}

func TestTheEnvelopeDoesNotCopyTheBody(t *testing.T) {
	if head := nacos.EncodeHead("T", []byte(strings.Repeat("x", 10<<20))); cap(head) > 200 {
		t.Errorf("what goes before a body of 10 MiB takes %d bytes", cap(head))
	}
}
