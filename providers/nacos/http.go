package nacos

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// maxFetch is the number of bytes that are read of an answer: a content of 10 MiB in JSON.
const maxFetch = 64 << 20

// fetch is one HTTP request.
type fetch struct {
	method  string
	url     string
	form    url.Values // nil: no body
	headers map[string]string
	most    int // bytes of the answer; 0: maxFetch
}

// Fetch sends a request and returns status and body. It does not follow redirects, which would
// carry a password or a token to a host that no one has allowed; for the same reason it does not
// use a proxy of the environment.
func (t grpcTransport) Fetch(ctx context.Context, f fetch) (int, []byte, error) {
	tr := &http.Transport{TLSClientConfig: t.overHTTP1(), DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeader}
	defer tr.CloseIdleConnections()
	client := &http.Client{
		Transport:     tr,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var body io.Reader
	if f.form != nil {
		body = strings.NewReader(f.form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, f.method, f.url, body)
	if err != nil {
		return 0, nil, err
	}
	if f.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range f.headers {
		req.Header.Set(name, value)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusSwitchingProtocols {
		return res.StatusCode, nil, nil // what follows is not a body, and no context ends a read of it
	}
	most := maxFetch
	if f.most > 0 {
		most = f.most
	}
	got, err := io.ReadAll(io.LimitReader(res.Body, int64(most)+1))
	if err == nil && len(got) > most {
		return 0, nil, errTooMuch
	}
	return res.StatusCode, got, err
}

// fewBytes is the limit of answers that have some servers, a token or the namespaces.
const fewBytes = 1 << 20

var errTooMuch = errors.New("the answer is too large")

// maxHeader is the limit of the header of an answer.
const maxHeader = 256 << 10

// overHTTP1 returns TLS settings that negotiate HTTP/1.1, whatever the user's negotiate.
func (t grpcTransport) overHTTP1() *tls.Config {
	if t.tls == nil {
		return nil
	}
	c := t.tls.Clone()
	c.NextProtos = []string{"http/1.1"}
	return c
}

// errHTTP classifies a request without an answer.
func errHTTP(ctx context.Context, op string, server address, err error) error {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return NoResponse.fail(op, server.String())
	case errors.As(err, &name):
		return errUnknownHost(server)
	case errors.Is(err, errTooMuch):
		return BadResponse.failAs(op, server.String(), errTooMuch.Error())
	case errors.As(err, &certificate):
		return InvalidCertificate.fail(op, server.String())
	case errors.Is(err, http.ErrSchemeMismatch):
		return errNoTLS(op, server)
	}
	return errUnreachable(server, err)
}
