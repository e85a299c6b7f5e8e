package nacos

import (
	"context"
	"maps"
)

// Signer signs requests, as the access keys of a cloud want it (AK/SK): see the package ram beside this one, which is
// the only one that brings a cloud's packages along. It must be comparable, a pointer for one: clients with the same
// Signer share a connection. Its method must be safe for concurrent use.
type Signer interface {
	// Sign returns the headers that a request about this config carries. The zero Key: it is about no single one. It is
	// called for every request, and again when a server refuses one, so it should remember what can be remembered.
	Sign(ctx context.Context, about Key) (map[string]string, error)
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
				return c, errNoAnswer(server)
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
	if tag := s.settings.labels[LabelTag]; tag != "" {
		c.headers[LabelTag] = tag
	}
	return c, nil
}

// sign keeps a Signer's panic from the session.
func sign(ctx context.Context, by Signer, about Key) (headers map[string]string, err error) {
	defer func() {
		if recover() != nil {
			err = SigningFailed
		}
	}()
	return by.Sign(ctx, about)
}

// refused is told that a server has refused what came with this proof, for the second time if again. It returns
// nil if it is worth asking once more, and otherwise the error.
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
