package fakenacos

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the signature of Nacos
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"slices"
	"strconv"
	"time"
)

// AccessKey is a key of a cloud. Instead of a login, requests are signed with it, as Nacos on
// Alibaba Cloud (MSE) requires. No server whose source is open verifies such signatures, so this
// one follows what the official clients sign.
type AccessKey struct {
	ID, Secret string
	// Token is the security token of a temporary key (STS); empty for a permanent one.
	Token string
	// Region is the region that requests are signed for, with version 4 of the signature; empty for
	// the version without a region.
	Region string
	// Expires is when the key ends; zero: never.
	Expires time.Time
	// Grants are the permissions of the key's account. Nil: all.
	Grants []Grant
}

// signatureAge is the largest difference between the time of a signature and that of the server.
const signatureAge = 15 * time.Minute

// SetAccessKeys replaces the access keys of the server, as an operator does who disables a key, or
// a service that issues temporary ones. Without any, no signature is valid.
func (s *Server) SetAccessKeys(keys ...AccessKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = keys
}

// The reasons why a signature is not valid.
const (
	denyUnsigned  = "the request is not signed"
	denyUnknownAK = "the access key is unknown"
	denyToken     = "the security token does not belong to the access key" //nolint:gosec // a text
	denyEnded     = "the access key has expired"
	denyClock     = "the time of the signature is too far away"
	denyVersion   = "the version of the signature is another one"
	denyMAC       = "the signature does not match"
)

// resource is what a signature is about: the namespace and the group as the request has them. A
// request that names no config, or several, has neither.
type resource struct{ namespace, group string }

func (r resource) text() string {
	if r.namespace == "" {
		return r.group
	}
	return r.namespace + "+" + r.group
}

// verify returns why a signature does not allow a request, or "". The header names are those of a
// client.
func (s *Server) verify(header func(name string) string, about resource, namespace string, needs guard) (denied string) {
	s.mu.Lock()
	keys := s.keys
	s.mu.Unlock()
	id, stamp := header("Spas-AccessKey"), header("Timestamp")
	if id == "" {
		return denyUnsigned
	}
	i := slices.IndexFunc(keys, func(k AccessKey) bool { return k.ID == id })
	if i < 0 {
		return denyUnknownAK
	}
	k, now := keys[i], time.Now()
	at, err := strconv.ParseInt(stamp, 10, 64)
	age := now.Sub(time.UnixMilli(at))
	switch {
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return denyEnded
	case k.Token != header("Spas-SecurityToken"):
		return denyToken
	case err != nil || age > signatureAge || age < -signatureAge:
		return denyClock
	case k.Region == "" && header("signatureVersion") != "", k.Region != "" && header("signatureVersion") != "v4":
		return denyVersion
	case !hmac.Equal([]byte(k.sign(about, stamp, time.UnixMilli(at))), []byte(header("Spas-Signature"))):
		return denyMAC
	case k.Grants != nil && !allows(k.Grants, namespace, needs):
		return denyForbidden
	}
	return ""
}

func (k AccessKey) sign(about resource, stamp string, at time.Time) string {
	text, secret := stamp, k.Secret
	if r := about.text(); r != "" {
		text = r + "+" + stamp
	}
	if k.Region != "" {
		derived := []byte("aliyun_v4" + secret)
		for _, part := range []string{at.UTC().Format("20060102"), k.Region, "mse", "aliyun_v4_request"} {
			derived = macOf(sha256.New, derived, part)
		}
		secret = base64.StdEncoding.EncodeToString(derived)
	}
	return base64.StdEncoding.EncodeToString(macOf(sha1.New, []byte(secret), text))
}

func macOf(h func() hash.Hash, key []byte, text string) []byte {
	m := hmac.New(h, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// allows reports whether permissions allow a request in a namespace.
func allows(grants []Grant, namespace string, needs guard) bool {
	return slices.ContainsFunc(grants, func(g Grant) bool {
		return g.Namespace == namespace && (needs == forWriters && g.Write || needs == forReaders && g.Read)
	})
}

// signedResource is what the signature of a request over gRPC is about.
func signedResource(req request) resource {
	one, ok := req.(interface{ signed() resource })
	if !ok {
		return resource{}
	}
	return one.signed()
}

func (r keyRequest) signed() resource { return resource{str(r.Tenant), str(r.Group)} }

// signed is what the signature of a request over HTTP is about. The public namespace has a name
// there, which is not signed.
func (h *web) signed() resource {
	namespace := h.get("tenant")
	if namespace == "" {
		namespace = h.params.Get("namespaceId")
	}
	return resource{publicOf(namespace), h.get("group")}
}
