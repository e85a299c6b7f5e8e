package nacos

import (
	"context"
	"maps"

	"github.com/nacre-go/nacre/providers/nacos/internal/envconf"
)

// Signer signs requests with the access keys of a cloud (AK/SK). Package ram, beside this one,
// makes a Signer for Alibaba Cloud. Clients with the same *Signer share a connection.
type Signer struct {
	// Sign returns the headers of a request about a config; the zero Key stands for a request that
	// is about none, or about several. The client calls Sign for every request, and again when a
	// server rejects one, so Sign should cache what it can. It must be safe for concurrent use.
	Sign func(ctx context.Context, about Key) (map[string]string, error)
}

// keyed is a request about one config.
type keyed interface{ about() Key }

func (r keyRequest) about() Key { return Key{Namespace: r.Tenant, Group: r.Group, DataID: r.DataID} }

// proof is what a request carries to say whose it is.
type proof struct {
	headers map[string]string
	login   int // the number of the login that gave the token
}

// proof returns that of a request about this key, after a login where one is due.
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

// sign keeps a Signer's panic from the session.
func sign(ctx context.Context, signer *Signer, about Key) (headers map[string]string, err error) {
	defer func() {
		if recover() != nil {
			err = SigningFailed
		}
	}()
	return signer.Sign(ctx, about)
}

// refused is told that a server has refused what came with this proof, for the second time if
// again. It returns nil if it is worth asking once more, and otherwise the error.
func (s *session) refused(ctx context.Context, server address, with proof, again bool, document, message string) error {
	denied := s.denied(server, document, message)
	switch {
	case !s.auth.needed() && s.settings.signer == nil:
		return denied
	case !s.auth.needed():
		if again {
			return denied
		}
		return nil
	case again && s.auth.rejectedRecently(with.login):
		return denied
	}
	newer, err := s.auth.refused(ctx, server, with.login)
	if err == nil && !newer {
		return denied
	}
	return err
}
