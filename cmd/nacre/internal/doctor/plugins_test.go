package doctor_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/doctor"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// plugged starts a server with a change plugin: it replaces a text in the publishes of configs with
// a text in the data ID. Both texts have the same length, so that the frames of gRPC stay whole.
func plugged(t *testing.T, dataID, from, to string) (address string) {
	t.Helper()
	srv := start(t, nacostest.Options{})
	target := &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(srv.Port()+1000))}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &protocols}
	t.Cleanup(transport.CloseIdleConnections)
	proxy := &httputil.ReverseProxy{
		Transport: transport, FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if r.In.URL.Path != "/Request/request" {
				return
			}
			body, err := io.ReadAll(r.In.Body)
			if err == nil && bytes.Contains(body, []byte("ConfigPublishRequest")) && bytes.Contains(body, []byte(dataID)) {
				body = bytes.Replace(body, []byte(from), []byte(to), 1)
			}
			r.Out.Body = io.NopCloser(bytes.NewReader(body))
		},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: proxy, Protocols: &protocols, ReadHeaderTimeout: time.Minute}
	served := make(chan struct{})
	go func() { defer close(served); _ = web.Serve(listener) }()
	t.Cleanup(func() { _ = web.Close(); <-served })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return srv.Addr() + "?grpc=" + port
}

// What the plugins of a server do to a publish is a finding with a fix.
func TestPlugins(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ dataID, from, to, want string }{
		"none":              {"nothing", "x", "y", "pass encryption : the server stores a config as it is, also one whose data ID begins with cipher-aes-"},
		"encrypts":          {"cipher-aes-", `"content":"1"`, `"content":"X"`, "warn encryption : the server encrypts configs whose data ID begins with cipher-aes- (give the configs of services on nacre other data IDs"},
		"refuses":           {".json", `"content":"{"`, `"c0ntent":"{"`, "pass format check : the server refuses a document that is not valid in its format"},
		"refuses silently":  {".json", `.json"`, `.jsox"`, "warn format check : the server acknowledges a document that is not valid in its format, and does not store it (read back what you publish"},
		"corrects the text": {".json", `"content":"{"`, `"content":"["`, "warn format check : the server stores another text than the one that was published (ask those who run the server for its change plugins"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, text := run(t, doctor.Settings{Config: config(plugged(t, c.dataID, c.from, c.to)), Timeout: 5 * time.Second})
			if found := strings.Join(strings.Fields(text), " "); !strings.Contains(found, c.want) {
				t.Errorf("no finding %q in\n%s", c.want, text)
			}
		})
	}
}
