package pipeline

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
func callWithin[R any](d *Decoder, f func(ctx context.Context) (R, error)) (R, error) {
	value, err := rescue.Within(d.Calls, secretsTimeout, f)
	if errors.Is(err, rescue.ErrSlow) {
		return value, errSlow
	}
	return value, err
}

// decrypt returns a document with readable data. If that fails, it adds the problem to the
// document.
func (d *decoding) decrypt(to *decodedDocument) (readable source.Document, ok bool) {
	l, of := d.layer, to.of
	if l.Decrypt == nil || of.Absent || of.Tree != nil {
		return of, true
	}
	data, known := d.plain[of.Name]
	var err error
	if !known {
		data, err = callWithin(d.decoder, func(ctx context.Context) ([]byte, error) { return l.Decrypt(ctx, of) })
	}
	if err != nil {
		reason, err := d.decoder.Redactor.CleanText(err)
		message := wording.Join(wording.Own("cannot be decrypted: "), reason)
		to.problems, to.transient = source.Problems{message.On(&source.Problem{Kind: source.Unavailable, Position: source.Position{Layer: l.Name, Document: of.Name}, Err: err})}, true
		return of, false
	}
	to.plain = data
	of.Data, of.Digest = data, "" // the digest covers the encrypted data
	return of, true
}

// expand replaces the references of a document by their values.
func (d *decoding) expand(root *tree.Node) (*tree.Node, source.Problems) {
	l := d.layer
	free := func(scheme string) bool { return l.Embeddable[scheme] }
	return layer.ExpandWithin(d.out.Schema.Embedding, root, free, func(scheme, name string) (string, error) {
		r := Reference{scheme, name}
		if found, known := d.out.Referred[r]; known {
			return found.Text, nil
		}
		if l.Resolvers[scheme] == nil {
			return "", wording.NewError("scheme has no resolver; the schemes are " + strings.Join(slices.Sorted(maps.Keys(l.Resolvers)), ", "))
		}
		found, err := d.decoder.Resolve(l, r)
		if err != nil {
			return "", err
		}
		if d.out.Referred == nil {
			d.out.Referred = map[Reference]Referred{}
		}
		d.out.Referred[r] = found
		return found.Text, nil
	})
}

// Reference is a reference in a text of a document.
type Reference struct{ Scheme, Name string }

// Referred is what a reference stands for.
type Referred struct {
	Text      string
	isDefault bool // the text is the default in the reference
}

// Resolve calls the resolver of a reference's scheme, which must exist. If the resolver reports
// that the name does not exist, the name ends at its first colon, and the rest is a default.
func (d *Decoder) Resolve(l *Layer, r Reference) (Referred, error) {
	resolver := l.Resolvers[r.Scheme]
	call := func(name string) (string, error) {
		return callWithin(d, func(ctx context.Context) (string, error) { return resolver(ctx, name) })
	}
	found, err := call(r.Name)
	name, otherwise, hasDefault := strings.Cut(r.Name, ":")
	if hasDefault && errors.Is(err, fs.ErrNotExist) {
		if found, err = call(name); errors.Is(err, fs.ErrNotExist) {
			if strings.HasPrefix(otherwise, "-") {
				return Referred{}, wording.NewError("it does not exist, and its default begins with '-'; write ${" + r.Scheme + ":name:default} without ':-'")
			}
			return Referred{Text: otherwise, isDefault: true}, nil
		}
	}
	if err != nil {
		return Referred{}, wording.Said(d.Redactor.CleanText(err))
	}
	d.Redactor.Add(found)
	return Referred{Text: found}, nil
}

// unresolved looks for references in a document of a layer without resolvers. A document made from
// Go values has none: each text is meant as it is.
func (d *decoding) unresolved(root *tree.Node) (out *tree.Node, problems source.Problems, likely []string) {
	if tree.GivenOf(root) != nil {
		return root, nil, nil
	}
	return layer.Unresolved(root, d.out.Schema.Shape, func(scheme string) bool {
		return slices.ContainsFunc(d.decoder.Layers, func(l *Layer) bool { return l.Resolvers[scheme] != nil })
	})
}
