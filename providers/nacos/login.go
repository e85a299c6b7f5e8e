package nacos

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	loginPath   = "/v1/auth/login"
	loginPathV3 = "/v3/auth/user/login" // of servers that have given up the first
	maxLogin    = 1 << 20
)

// Login posts name and password. They are in the body and not in the URL, so that no error and no access log has them.
func (w wired) Login(ctx context.Context, server address, as settings) (grant, error) {
	tr := &http.Transport{TLSClientConfig: w.tls, DisableKeepAlives: true} // no proxy: it is not for others to see
	defer tr.CloseIdleConnections()
	client := &http.Client{
		Transport: tr,
		// A redirect would carry the password to where nobody said that it may go.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	g, code, err := postLogin(ctx, client, server, loginPath, as)
	if code == http.StatusNotFound || code == http.StatusGone || code == http.StatusMethodNotAllowed {
		g, _, err = postLogin(ctx, client, server, loginPathV3, as)
	}
	return g, err
}

func postLogin(ctx context.Context, client *http.Client, server address, path string, as settings) (grant, int, error) {
	form := url.Values{"username": {as.username}, "password": {as.password.reveal()}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.url(path), strings.NewReader(form.Encode()))
	if err != nil {
		return grant{}, 0, errLoginAnswer(server)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(req)
	if err != nil {
		return grant{}, 0, loginTrouble(ctx, server, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxLogin))
	if err != nil {
		return grant{}, 0, loginTrouble(ctx, server, err)
	}
	return judgeLogin(server, res.StatusCode, body)
}

// judgeLogin reads a login's answer.
func judgeLogin(server address, code int, body []byte) (grant, int, error) {
	var ok struct {
		AccessToken string `json:"accessToken"`
		TokenTTL    int64  `json:"tokenTtl"` // in seconds
		Data        string `json:"data"`
	}
	switch {
	case code == http.StatusOK && json.Unmarshal(body, &ok) == nil && ok.AccessToken != "":
		ttl := time.Duration(min(max(ok.TokenTTL, 1), 1<<30)) * time.Second
		return grant{token: ok.AccessToken, ttl: ttl}, code, nil
	case code == http.StatusOK && strings.HasSuffix(ok.Data, "AUTH_DISABLED"):
		return grant{ttl: time.Hour}, code, nil // login is off; it may be turned on
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusBadRequest,
		code == http.StatusInternalServerError: // so a server of 2.3 and 3 answers an unknown user
		return grant{}, code, errBadLogin(server)
	case code == http.StatusServiceUnavailable, code == http.StatusBadGateway, code == http.StatusGatewayTimeout,
		code == http.StatusTooManyRequests:
		return grant{}, code, errNotReady(server)
	}
	return grant{}, code, errLoginAnswer(server)
}

// loginTrouble classifies a request that had no answer. A server of 2.3 refuses a wrong password with the status line
// "HTTP/1.1 0", which the HTTP client takes for a broken answer.
func loginTrouble(ctx context.Context, server address, err error) error {
	var name *net.DNSError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case strings.Contains(err.Error(), "malformed HTTP status code"):
		return errBadLogin(server)
	case errors.As(err, &name):
		return errNoHost(server)
	}
	return errNotReachable(server, err)
}

// httpOpen reports whether the server's HTTP port takes connections.
func httpOpen(server address) bool {
	d := net.Dialer{Timeout: time.Second}
	c, err := d.Dial("tcp", server.String())
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
