package fakenacos_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/anypb"
)

// patience bounds every wait for an event. No test waits for the passing of time.
const patience = 20 * time.Second

// peer is a client that knows the wire and nothing else.
type peer struct {
	t      testing.TB
	conn   *grpc.ClientConn
	unary  pb.RequestClient
	stream pb.BiRequestStream_RequestBiStreamClient
	pushes chan push
	ended  chan error
	noAck  func(push) bool // which pushes are not acknowledged; nil: none
	header map[string]string
}

// push is a request of the server.
type push struct {
	typ, body string
	RequestID string `json:"requestId"`
	DataID    string `json:"dataId"`
	Group     string `json:"group"`
	Tenant    string `json:"tenant"`
}

// dialPeer connects to the gRPC port that belongs to an HTTP address, without setting up a stream.
func dialPeer(t testing.TB, addr string) *peer {
	t.Helper()
	var port int
	host, p, _ := strings.Cut(addr, ":")
	if _, err := fmt.Sscan(p, &port); err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(fmt.Sprintf("passthrough:///%s:%d", host, port+1000),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{
		t: t, conn: conn, unary: pb.NewRequestClient(conn), pushes: make(chan push, 10000), ended: make(chan error, 4),
		header: map[string]string{},
	}
}

const setupBody = `{"requestId":"","module":"internal","clientVersion":"Test:v1","tenant":"","labels":{"source":"sdk","module":"config"},"clientAbilities":{}}`

// connect is dialPeer with a stream that is set up.
func connect(t testing.TB, addr string) *peer {
	t.Helper()
	p := dialPeer(t, addr)
	p.setup(setupBody)
	p.registered()
	return p
}

func payload(typ, body string, header map[string]string) *pb.Payload {
	return &pb.Payload{Metadata: &pb.Metadata{Type: typ, ClientIp: "127.0.0.1", Headers: header}, Body: &anypb.Any{Value: []byte(body)}}
}

// setup opens a stream and sends this body to set it up.
func (p *peer) setup(body string) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	stream, err := pb.NewBiRequestStreamClient(p.conn).RequestBiStream(ctx)
	if err != nil {
		cancel()
		p.t.Fatal(err)
	}
	p.stream = stream
	done := make(chan struct{})
	p.t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for {
			m, err := stream.Recv()
			if err != nil {
				p.ended <- err
				return
			}
			got := push{typ: m.GetMetadata().GetType(), body: string(m.GetBody().GetValue())}
			_ = json.Unmarshal(m.GetBody().GetValue(), &got)
			if p.noAck == nil || !p.noAck(got) {
				_ = stream.Send(payload(strings.TrimSuffix(got.typ, "Request")+"Response",
					fmt.Sprintf(`{"resultCode":200,"errorCode":0,"success":true,"requestId":%q}`, got.RequestID), nil))
			}
			p.pushes <- got
		}
	}()
	if err := stream.Send(payload("ConnectionSetupRequest", body, nil)); err != nil {
		p.t.Fatal(err)
	}
}

// registered waits until the server knows the stream: setting up has no answer.
func (p *peer) registered() {
	p.t.Helper()
	for end := time.Now().Add(patience); ; {
		typ, _ := p.ask("HealthCheckRequest", "{}")
		if typ == "HealthCheckResponse" {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("setting up a stream does not register the connection: a health check gets %s", typ)
		}
	}
}

// try sends a unary request.
func (p *peer) try(typ, body string) (answer, answerBody string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m, err := p.unary.Request(ctx, payload(typ, body, p.header))
	if err != nil {
		return "", "", err
	}
	return m.GetMetadata().GetType(), string(m.GetBody().GetValue()), nil
}

func (p *peer) ask(typ, body string) (answer, answerBody string) {
	p.t.Helper()
	answer, answerBody, err := p.try(typ, body)
	if err != nil {
		p.t.Fatalf("%s gets no answer: %v", typ, err)
	}
	return answer, answerBody
}

// want asks and compares, with what differs from run to run made the same.
func (p *peer) want(typ, body, answer, answerBody string) {
	p.t.Helper()
	gotType, got := p.ask(typ, body)
	if gotType != answer || !same(normal(got), answerBody) {
		p.t.Errorf("%s %s\n gets %s %s\nwants %s %s", typ, body, gotType, normal(got), answer, answerBody)
	}
}

var (
	modified   = regexp.MustCompile(`("(lastModified|createTime|modifyTime|lastRefTime)"):[1-9][0-9]+`)
	connection = regexp.MustCompile(`[0-9]{13}_[0-9.]+_[0-9]+`)
	stamps     = regexp.MustCompile(`20(2[4-9]|[3-9][0-9])-[0-9]{2}-[0-9]{2}T[0-9:.]+\+00:00`)
	ids        = regexp.MustCompile(`"id":"[0-9]+"`)
)

func normal(s string) string {
	s = modified.ReplaceAllString(s, "$1:1")
	s = connection.ReplaceAllString(s, "CONNECTION")
	s = stamps.ReplaceAllString(s, "NOW")
	return ids.ReplaceAllString(s, `"id":"N"`)
}

// same reports whether two answers are equal; objects of JSON may have their fields in any order. A
// server writes the fields that it computes, such as those of an instance's heartbeats, in an order
// that differs from start to start.
func same(got, want string) bool {
	if !strings.HasPrefix(want, "{") || !json.Valid([]byte(got)) {
		return got == want
	}
	return reflect.DeepEqual(decoded(got), decoded(want))
}

func decoded(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // 1 and 1.0 differ
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	return v
}

// next waits for a push of a config.
func (p *peer) next(why string) push {
	p.t.Helper()
	return p.nextOf("ConfigChangeNotifyRequest", why)
}

func (p *peer) nextOf(typ, why string) push {
	p.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case got := <-p.pushes:
			if got.typ == typ {
				return got
			}
		case err := <-p.ended:
			p.t.Fatalf("%s: the stream ended: %v", why, err)
		case <-timeout:
			p.t.Fatalf("%s: no %s within %v", why, typ, patience)
		}
	}
}

// ends waits for the end of the stream and returns its error, nil for a good end.
func (p *peer) ends(why string) error {
	p.t.Helper()
	select {
	case err := <-p.ended:
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	case <-time.After(patience):
		p.t.Fatalf("%s: the stream does not end within %v", why, patience)
		return nil
	}
}

func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	return strings.TrimSpace(b.String())
}

func keyBody(ns, group, id string) string {
	return fmt.Sprintf(`{"requestId":"","group":%q,"dataId":%q,"tenant":%q,"module":"config","tag":""}`, group, id, ns)
}

func publishBody(ns, group, id, content, cas, addition string) string {
	if addition == "" {
		addition = "{}"
	}
	return fmt.Sprintf(`{"requestId":"","group":%q,"dataId":%q,"tenant":%q,"module":"config","content":%s,"casMd5":%q,"additionMap":%s}`,
		group, id, ns, quote(content), cas, addition)
}

// listenBody takes namespace, group, data ID and md5 of each key in turn.
func listenBody(listen bool, quads ...string) string {
	var b strings.Builder
	for i := 0; i+3 < len(quads); i += 4 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"group":%q,"md5":%q,"dataId":%q,"tenant":%q}`, quads[i+1], quads[i+3], quads[i+2], quads[i])
	}
	return fmt.Sprintf(`{"requestId":"","group":"","dataId":"","tenant":"","module":"config","listen":%v,"configListenContexts":[%s]}`, listen, b.String())
}

func digest(s string) string {
	h := md5.Sum([]byte(s))
	return hex.EncodeToString(h[:])
}

const (
	done200   = `{"resultCode":200,"errorCode":0,"success":true}`
	notFound  = `{"resultCode":500,"errorCode":300,"message":"config data not exist","lastModified":0,"beta":false,"success":false}`
	unchanged = `{"resultCode":200,"errorCode":0,"changedConfigs":[],"success":true}`
)

func found(content, typ string) string {
	return fmt.Sprintf(`{"resultCode":200,"errorCode":0,"content":%s,"encryptedDataKey":"","contentType":%q,"md5":%q,"lastModified":1,"beta":false,"success":true}`,
		quote(content), typ, digest(content))
}

func changed(ns, group, id string) string {
	return fmt.Sprintf(`{"resultCode":200,"errorCode":0,"changedConfigs":[{"group":%q,"dataId":%q,"tenant":%q}],"success":true}`, group, id, ns)
}

func failure(code int, text string) string {
	return fmt.Sprintf(`{"resultCode":500,"errorCode":%d,"message":%s,"success":false}`, code, quote(text))
}
