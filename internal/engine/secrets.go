package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// secretsWithin is how long one document's decryption, and one reference, may take.
const secretsWithin = 5 * time.Second

var errSlow = errors.New("no answer within " + secretsWithin.String())

// bounded calls the service's own code, which may fail, panic, hang, or say a secret in its error.
func bounded[R any](e *Engine[R], f func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(e.run, secretsWithin)
	done := make(chan error, 1)
	go func() {
		defer cancel()
		done <- resource.Protect(func() error { return f(ctx) })
	}()
	select {
	case err := <-done:
		return e.clean(err)
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return e.clean(err)
	default:
		return errSlow
	}
}

// decrypt returns a document whose data can be read.
func (e *Engine[T]) decrypt(l *feed, c *content, d source.Document) (source.Document, *source.Problem) {
	if l.Decrypt == nil || d.Absent || d.Tree != nil {
		return d, nil
	}
	var data []byte
	result := make(chan []byte, 1) // what comes too late stays in it
	err := bounded(e, func(ctx context.Context) error {
		plain, err := l.Decrypt(ctx, d)
		if err == nil {
			result <- plain
		}
		return err
	})
	if err != nil {
		return d, &source.Problem{Kind: source.Unavailable, Position: source.Position{Layer: l.name, Document: d.Name, Revision: c.Revision},
			Message: "cannot be decrypted: " + text(err), Err: err}
	}
	data = <-result
	d.Data, d.Digest = data, source.Digest{} // the digest was that of what has been verified already
	return d, nil
}

// expand puts texts in place of the references of a document.
func (e *Engine[T]) expand(l *feed, root *tree.Node) (*tree.Node, source.Problems) {
	return layer.Expand(root, func(scheme, name string) (string, error) {
		resolve := l.Resolvers[scheme]
		if resolve == nil {
			return "", fmt.Errorf("there is no resolver of that scheme, there are %s", strings.Join(slices.Sorted(maps.Keys(l.Resolvers)), ", "))
		}
		result := make(chan string, 1)
		err := bounded(e, func(ctx context.Context) error {
			found, err := resolve(ctx, name)
			if err == nil {
				result <- found
			}
			return err
		})
		if err != nil {
			return "", err
		}
		found := <-result
		e.scrub.add(found)
		return found, nil
	})
}
