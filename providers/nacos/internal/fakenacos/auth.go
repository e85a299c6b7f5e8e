package fakenacos

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"time"
)

// authority holds the users and signs tokens.
type authority struct {
	ttl time.Duration

	mu     sync.Mutex
	users  map[string]User
	secret []byte
	serial int64 // of the last token
	dead   int64 // tokens up to this serial are expired
}

func newAuthority(o Options) *authority {
	a := &authority{users: map[string]User{}, ttl: o.TokenTTL}
	for _, u := range o.Users {
		a.users[u.Name] = u
	}
	a.rotate()
	return a
}

func (a *authority) rotate() {
	secret := make([]byte, 48)
	_, _ = rand.Read(secret) // never fails
	a.mu.Lock()
	defer a.mu.Unlock()
	a.secret = secret
}

func (a *authority) user(name string) (u User, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u, known = a.users[name]
	return u, known
}

func (a *authority) changePassword(name, password string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	u := a.users[name]
	u.Password = password
	a.users[name] = u
	a.dead = a.serial
}

func (a *authority) expire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dead = a.serial
}

type claims struct {
	Subject string `json:"sub"`
	Expires int64  `json:"exp"`
	Serial  int64  `json:"n"` // not in a real token; ExpireTokens needs it
}

const tokenHeader = `{"alg":"HS384"}`

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (a *authority) signLocked(text string) string {
	mac := hmac.New(sha512.New384, a.secret)
	mac.Write([]byte(text))
	return b64(mac.Sum(nil))
}

func (a *authority) token(user string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.serial++
	body, err := json.Marshal(claims{Subject: user, Expires: time.Now().Add(a.ttl).Unix(), Serial: a.serial})
	if err != nil {
		return ""
	}
	text := b64([]byte(tokenHeader)) + "." + b64(body)
	return text + "." + a.signLocked(text)
}

// The reasons why a request is denied, in the words of the server.
const (
	denyNoUser    = "user not found!"
	denyMalformed = "token invalid!"
	denySignature = "Invalid signature"
	denyExpired   = "token expired!"
	denyForbidden = "authorization failed!"
)

// credentials are those of a request.
type credentials struct{ token, user, password string }

// who returns the user of the credentials, or why there is none.
func (a *authority) who(c credentials) (user User, denied string) {
	if c.token == "" {
		u, known := a.user(c.user)
		if c.user == "" || !known || !hmac.Equal([]byte(u.Password), []byte(c.password)) {
			return User{}, denyNoUser
		}
		return u, ""
	}
	parts := strings.Split(c.token, ".")
	if len(parts) != 3 {
		return User{}, denyMalformed
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !hmac.Equal([]byte(a.signLocked(parts[0]+"."+parts[1])), []byte(parts[2])) {
		return User{}, denySignature
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	var cl claims
	if err != nil || json.Unmarshal(body, &cl) != nil {
		return User{}, denyMalformed
	}
	if cl.Serial <= a.dead || time.Now().Unix() >= cl.Expires {
		return User{}, denyExpired
	}
	u, known := a.users[cl.Subject]
	if !known {
		return User{}, denyNoUser
	}
	return u, ""
}

// may returns "" if the credentials allow the request, otherwise why not, and the name of the user.
func (a *authority) may(c credentials, namespace string, needs guard) (name, denied string) {
	if a == nil {
		return "", ""
	}
	u, denied := a.who(c)
	if denied != "" || u.Grants == nil {
		return u.Name, denied
	}
	if allows(u.Grants, namespace, needs) {
		return u.Name, ""
	}
	return u.Name, denyForbidden
}
