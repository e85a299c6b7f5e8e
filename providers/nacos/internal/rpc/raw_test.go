package rpc_test

import (
	"testing"

	"golang.org/x/net/http2"

	"github.com/nacre-go/nacre/providers/nacos/internal/rpc/rpctest"
)

// rawServer returns the address of a server of frames.
func rawServer(t *testing.T, settings []http2.Setting, on func(*rpctest.Conn, http2.Frame)) string {
	t.Helper()
	s, err := rpctest.Start(settings, on)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s.Addr().String()
}
