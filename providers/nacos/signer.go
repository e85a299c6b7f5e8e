package nacos

import (
	"context"
	"maps"

	"github.com/nacre-go/nacre/providers/nacos/internal/envconf"
)

// Signer signs requests with the access keys of a cloud (AK/SK). Package ram makes a Signer for
// Alibaba Cloud. Clients with the same *Signer share a connection.
type Signer struct {
	// Sign returns the headers of a request about a config; the zero Key stands for a request that
	// is about none, or about several. The client calls Sign for every request, and again when a
	// server rejects one, so Sign should cache what it can. It must be safe for concurrent use.
	Sign func(ctx context.Context, about Key) (map[string]string, error)
}

// keyed is a request about one config.
type keyed interface{ about() Key }

func (r keyRequest) about() Key { return Key{Namespace: r.Tenant, Group: r.Group, DataID: r.DataID} }

// proof is what a request carries to authenticate.
type proof struct {
	headers map[string]string
	login   int // the number of the login that returned the token
}

// proof returns the proof of a request about a key. It logs in if necessary.
func (s *session) proof(ctx context.Context, server address, about Key) (proof, error) {
	token, number, err := s.auth.token(ctx, server)
	if err != nil {
		return proof{}, err
	}
	c := proof{headers: map[string]string{}, login: number}
	if s.settings.signer != nil {
		signed, err := sign(ctx, s.settings.signer, about)
		if err != nil {
			if ctx.Err() != nil {
				return c, errNoResponse(server)
			}
			return c, SigningFailed.fail("ask", server.String())
		}
		maps.Copy(c.headers, signed)
	}
	if token != "" {
		c.headers["accessToken"] = token
	}
	if len(c.headers) > 0 {
		s.exposes(server)
	}
	if tag := s.settings.labels[envconf.TagLabel]; tag != "" {
		c.headers[envconf.TagLabel] = tag
	}
	return c, nil
}

// sign turns a panic of a Signer into an error.
func sign(ctx context.Context, signer *Signer, about Key) (headers map[string]string, err error) {
	defer func() {
		if recover() != nil {
			err = SigningFailed
		}
	}()
	return signer.Sign(ctx, about)
}

// rejected handles a rejection of a request with this proof, the second one if repeated is set. It
// returns nil if the request is worth repeating, and the error otherwise.
func (s *session) rejected(ctx context.Context, server address, with proof, repeated bool, document, message string) error {
	denied := s.denied(server, document, message)
	switch {
	case !s.auth.needed() && s.settings.signer == nil:
		return denied
	case !s.auth.needed():
		if repeated {
			return denied
		}
		return nil
	case repeated && s.auth.rejectedAgain(with.login):
		return denied
	}
	newer, err := s.auth.renew(ctx, server, with.login)
	if err == nil && !newer {
		return denied
	}
	return err
}
