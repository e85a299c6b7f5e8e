package source_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/nacre-go/nacre/source"
)

// plain is a source without abilities.
type plain struct{ name string }

func (p *plain) Name() string { return p.name }

func (p *plain) Next(ctx context.Context, _ source.Revision) (source.Content, error) {
	<-ctx.Done()
	return source.Content{}, ctx.Err()
}

// able is a source with every ability.
type able struct {
	plain
	acks   []source.Revision
	closed int
}

func (*able) VerifiedAt() time.Time { return time.Unix(1, 0) }
func (*able) Describe() source.Description {
	return source.Description{
		Identity: "able", Namespace: "public", Group: "G", Local: true, Trusted: true, Sharable: true, Reusable: true, VerifyEvery: time.Minute,
	}
}
func (a *able) Ack(rev source.Revision, _ error) { a.acks = append(a.acks, rev) }
func (a *able) Close() error                     { a.closed++; return nil }

// decorator wraps what its function returns.
type decorator struct {
	plain
	inner func() source.Source
}

func (d *decorator) Unwrap() source.Source { return d.inner() }

func around(s source.Source) *decorator {
	return &decorator{inner: func() source.Source { return s }}
}

// describing is a decorator that describes itself.
type describing struct{ *decorator }

func (d describing) Describe() source.Description {
	own := source.DescriptionOf(d.Unwrap())
	own.Trusted = false
	return own
}

func TestAsFindsAbilitiesThroughDecorators(t *testing.T) {
	t.Parallel()
	a := &able{}
	for name, s := range map[string]source.Source{
		"the source itself": a, "a decorator": around(a), "decorators": around(around(around(a))),
		"the first of two": around(&struct{ *able }{a}),
	} {
		if f, ok := source.As[source.FreshnessReporter](s); !ok || f.VerifiedAt() != time.Unix(1, 0) {
			t.Errorf("%s: the FreshnessReporter is not found", name)
		}
		if k, ok := source.As[source.Acknowledger](s); !ok {
			t.Errorf("%s: the Acknowledger is not found", name)
		} else if k.Ack("r", nil); a.acks[len(a.acks)-1] != "r" {
			t.Errorf("%s: another Acknowledger was found", name)
		}
		if c, ok := source.As[io.Closer](s); !ok || c.Close() != nil {
			t.Errorf("%s: the Closer is not found", name)
		}
		if got := source.DescriptionOf(s); got != a.Describe() {
			t.Errorf("%s: described as %+v", name, got)
		}
	}
	if a.closed != 4 {
		t.Errorf("of 4 sources, %d were closed", a.closed)
	}
	want := a.Describe()
	want.Trusted = false
	if got := source.DescriptionOf(around(describing{around(a)})); got != want {
		t.Errorf("a decorator that describes itself is described as %+v, want %+v", got, want)
	}
}

func TestAsEnds(t *testing.T) {
	t.Parallel()
	itself := &decorator{}
	itself.inner = func() source.Source { return itself }
	var first, second *decorator
	first = &decorator{inner: func() source.Source { return second }}
	second = &decorator{inner: func() source.Source { return first }}
	var endless func() source.Source
	endless = func() source.Source { return &decorator{inner: endless} }
	for name, s := range map[string]source.Source{
		"nil": nil, "a nil pointer": (*able)(nil), "a nil decorator": (*decorator)(nil), "no ability": &plain{},
		"around nil": around(nil), "around a nil pointer": around((*able)(nil)), "around a nil decorator": around((*decorator)(nil)),
		"around no ability": around(&plain{}), "around itself": itself, "around each other": first, "without end": endless(),
	} {
		if _, ok := source.As[source.Acknowledger](s); ok {
			t.Errorf("%s: an Acknowledger is found", name)
		}
		if got := source.DescriptionOf(s); got != (source.Description{}) {
			t.Errorf("%s: described as %+v", name, got)
		}
	}
}
