package nacos

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	loginPath   = "/v1/auth/login"
	loginPathV3 = "/v3/auth/user/login" // of servers without the first
)

// The paths of what a server says about itself, without a login.
const (
	statePath   = "/v1/console/server/state"
	statePathV3 = "/v3/admin/core/state" // of servers without the first
)

// withoutLogin is what a login returns at a server that asks for none. That may be turned on later.
var withoutLogin = grant{ttl: time.Hour}

// Login posts user name and password, in the body and not in the URL, so that no error and no
// access log contains them. A server that asks for no login need not know the user.
func (t grpcTransport) Login(ctx context.Context, server address, cfg settings) (grant, error) {
	g, code, err := t.postLogin(ctx, server, loginPath, cfg)
	if otherPath(code) {
		g, _, err = t.postLogin(ctx, server, loginPathV3, cfg)
	}
	if errors.Is(err, BadCredentials) && t.isOpen(ctx, server) {
		return withoutLogin, nil
	}
	return g, err
}

// isOpen reports whether a server says that it asks for no login at all, neither for configs nor
// for its administration.
func (t grpcTransport) isOpen(ctx context.Context, server address) bool {
	for _, path := range []string{statePath, statePathV3} {
		code, body, err := t.Fetch(ctx, fetch{method: http.MethodGet, url: server.url(path), most: fewBytes})
		if err != nil || otherPath(code) {
			continue
		}
		type state struct {
			AuthEnabled string `json:"auth_enabled"`
		}
		var said struct {
			state
			Data state `json:"data"` // of a 3.x
		}
		return code == http.StatusOK && json.Unmarshal(body, &said) == nil && (said.AuthEnabled == "false" || said.Data.AuthEnabled == "false")
	}
	return false
}

func (t grpcTransport) postLogin(ctx context.Context, server address, path string, cfg settings) (grant, int, error) {
	form := url.Values{"username": {cfg.username}, "password": {cfg.password.reveal()}}
	code, body, err := t.Fetch(ctx, fetch{method: http.MethodPost, url: server.url(path), form: form, most: fewBytes})
	if err != nil {
		// A server of 2.3 rejects a wrong password with the status line "HTTP/1.1 0", which is
		// malformed for the HTTP client.
		if strings.Contains(err.Error(), "malformed HTTP status code") {
			return grant{}, 0, errBadCredentials(server)
		}
		return grant{}, 0, errHTTP(ctx, "login to", server, err)
	}
	return readLogin(server, code, body)
}

// otherPath reports whether a status says that a server does not know the path, since it is newer
// or older.
func otherPath(code int) bool {
	return code == http.StatusNotFound || code == http.StatusGone || code == http.StatusMethodNotAllowed
}

// readLogin reads the answer to a login.
func readLogin(server address, code int, body []byte) (grant, int, error) {
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
		return withoutLogin, code, nil
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusBadRequest,
		code == http.StatusInternalServerError: // servers of 2.3 and 3 answer so for an unknown user
		return grant{}, code, errBadCredentials(server)
	case code == http.StatusServiceUnavailable, code == http.StatusBadGateway, code == http.StatusGatewayTimeout,
		code == http.StatusTooManyRequests:
		return grant{}, code, errNotReady(server)
	}
	return grant{}, code, errLoginAnswer(server)
}

// httpOpen reports whether the server's HTTP port accepts connections.
func httpOpen(server address) bool {
	d := net.Dialer{Timeout: time.Second}
	c, err := d.Dial("tcp", server.String())
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
