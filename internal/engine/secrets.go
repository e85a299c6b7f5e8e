package engine

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// secretsTimeout is the limit for the decryption of one document and for resolving one reference.
const secretsTimeout = 5 * time.Second

var errSlow = wording.NewError("no answer within " + secretsTimeout.String())

// callWithin calls code of the service, which may fail, panic, block, or return an error with a
// secret; the caller redacts the error.
func callWithin[R any](e *Engine, f func(ctx context.Context) (R, error)) (R, error) {
	value, err := rescue.Within(e.runCtx, secretsTimeout, f)
	if errors.Is(err, rescue.ErrSlow) {
		return value, errSlow
	}
	return value, err
}

// decrypt returns a document with readable data.
func (e *Engine) decrypt(l *layerState, c *layerContent, d source.Document) (source.Document, *source.Problem) {
	if l.Decrypt == nil || d.Absent || d.Tree != nil {
		return d, nil
	}
	data, known := c.plain[d.Name]
	var err error
	if !known {
		data, err = callWithin(e, func(ctx context.Context) ([]byte, error) { return l.Decrypt(ctx, d) })
	}
	if err != nil {
		reason, err := e.cleanText(err)
		message := wording.Join(wording.Own("cannot be decrypted: "), reason)
		return d, message.On(&source.Problem{Kind: source.Unavailable, Position: source.Position{Layer: l.name, Document: d.Name, Revision: c.Revision}, Err: err})
	}
	if c.plain == nil {
		c.plain = map[string][]byte{}
	}
	c.plain[d.Name] = data
	d.Data, d.Digest = data, "" // the digest covers the encrypted data
	return d, nil
}

// expand replaces the references of a document by their values.
func (e *Engine) expand(s *schema, l *layerState, c *layerContent, root *tree.Node) (*tree.Node, source.Problems) {
	free := func(scheme string) bool { return l.Embeddable[scheme] }
	return layer.ExpandWithin(s.embedding, root, free, func(scheme, name string) (string, error) {
		r := reference{scheme, name}
		if found, known := c.referred[r]; known {
			return found.text, nil
		}
		if l.Resolvers[scheme] == nil {
			return "", wording.NewError("scheme has no resolver; the schemes are " + strings.Join(slices.Sorted(maps.Keys(l.Resolvers)), ", "))
		}
		found, err := e.resolve(l, r)
		if err != nil {
			return "", err
		}
		if c.referred == nil {
			c.referred = map[reference]referred{}
		}
		c.referred[r] = found
		return found.text, nil
	})
}

// referred is what a reference stands for.
type referred struct {
	text      string
	isDefault bool // the text is the default in the reference
}

// resolve calls the resolver of a reference's scheme, which must exist. If the resolver reports
// that the name does not exist, the name ends at its first colon, and the rest is a default.
func (e *Engine) resolve(l *layerState, r reference) (referred, error) {
	resolver := l.Resolvers[r.scheme]
	call := func(name string) (string, error) {
		return callWithin(e, func(ctx context.Context) (string, error) { return resolver(ctx, name) })
	}
	found, err := call(r.name)
	name, otherwise, hasDefault := strings.Cut(r.name, ":")
	if hasDefault && errors.Is(err, fs.ErrNotExist) {
		if found, err = call(name); errors.Is(err, fs.ErrNotExist) {
			if strings.HasPrefix(otherwise, "-") {
				return referred{}, wording.NewError("it does not exist, and its default begins with '-'; write ${" + r.scheme + ":name:default} without ':-'")
			}
			return referred{text: otherwise, isDefault: true}, nil
		}
	}
	if err != nil {
		return referred{}, wording.Said(e.cleanText(err))
	}
	e.redactor.add(found)
	return referred{text: found}, nil
}

// unresolved looks for references in a document of a layer without resolvers. A document made from
// Go values has none: each text is meant as it is.
func (e *Engine) unresolved(s *schema, c *layerContent, root *tree.Node) (*tree.Node, source.Problems) {
	if tree.GivenOf(root) != nil {
		return root, nil
	}
	root, problems, likely := layer.Unresolved(root, s.shape, func(scheme string) bool {
		return slices.ContainsFunc(e.layers, func(l *layerState) bool { return l.Resolvers[scheme] != nil })
	})
	c.notices.unresolved = append(c.notices.unresolved, likely...)
	return root, problems
}
