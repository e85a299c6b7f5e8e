package rpctest_test

import (
	"io"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/providers/nacos/internal/rpc/rpctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What is answered is what a client reads, and nothing stays when a server is closed.
func TestAnswer(t *testing.T) {
	s, err := rpctest.Start(nil, rpctest.OnRequest(func(c *rpctest.Conn, id uint32, header map[string]string) {
		c.Answer(id, []byte(header[":path"]))
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	client := http.Client{Transport: &http.Transport{Protocols: &protocols}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://" + s.Addr().String() + "/x")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if want := string(rpctest.Message([]byte("/x"))); err != nil || string(got) != want || resp.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("got %q with trailer %v, error %v, want %q", got, resp.Trailer, err, want)
	}
}
