package fakenacos

import (
	"crypto/hmac"
	"net/http"
)

// login issues a token. With login off there is one user, nacos with the password nacos, and no
// token.
func (h *web) login() {
	if !h.wants("username", "password") {
		return
	}
	h.loginWith(func(name string) {
		h.plain(http.StatusInternalServerError, "caused: User "+name+" not found;")
	}, h.refuseRaw)
}

// loginWith is login with the answers for a user who does not exist and for a wrong password.
func (h *web) loginWith(unknown func(name string), wrong func()) {
	name, password := h.params.Get("username"), h.params.Get("password")
	a := h.srv.auth
	if a == nil {
		if name != "nacos" || h.srv.three { // which begins without users
			unknown(name)
			return
		}
		h.w.Header().Set("Authorization", "Bearer AUTH_DISABLED")
		h.json(http.StatusOK, struct {
			Code    int     `json:"code"`
			Message *string `json:"message"`
			Data    string  `json:"data"`
		}{200, nil, "Bearer AUTH_DISABLED"})
		return
	}
	u, known := a.user(name)
	switch {
	case !known:
		h.srv.count(func(s *Stats) { s.Refused++ })
		unknown(name)
	case !hmac.Equal([]byte(u.Password), []byte(password)):
		h.srv.count(func(s *Stats) { s.Refused++ })
		wrong()
	default:
		h.srv.count(func(s *Stats) { s.Logins++ })
		token := a.token(name)
		h.w.Header().Set("Authorization", "Bearer "+token)
		h.json(http.StatusOK, struct {
			Token  string `json:"accessToken"`
			TTL    int64  `json:"tokenTtl"`
			Admin  bool   `json:"globalAdmin"`
			Person string `json:"username"`
		}{token, int64(a.ttl.Seconds()), u.Grants == nil, name})
	}
}

// refuseRaw answers as a 2.3.2 does for an error without a code: with the status 0, which is not
// valid HTTP.
func (h *web) refuseRaw() {
	if h.srv.opts.PlainRefusal {
		h.plain(http.StatusForbidden, "unknown user!")
		return
	}
	c, _, err := http.NewResponseController(h.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer c.Close()
	_, _ = c.Write([]byte("HTTP/1.1 0 \r\nContent-Security-Policy: script-src 'self'\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
}
