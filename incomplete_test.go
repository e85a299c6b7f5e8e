package nacre_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/source"
)

// A content without a revision is a mistake of the source. Open says so at once, and does not wait
// for a content that is never returned.
func TestAContentWithoutARevision(t *testing.T) {
	t.Parallel()
	document := []source.Document{{Name: "orders.yaml", Format: source.FormatYAML, Data: []byte("pool: 1")}}
	detector := &source.ChangeDetector{}
	for name, test := range map[string]struct {
		source source.Source
		want   string
	}{
		"no revision": {source.Poll("orders.yaml", 0, func(context.Context) (source.Content, error) {
			return source.Content{Documents: document}, nil
		}), "content has no revision"},
		"no revision, by a ChangeDetector": {detecting{detector}, "content without a revision"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := quiet
			o.BootTimeout, o.LastKnownGoodDisabled = time.Hour, true
			cfg, err := nacre.OpenWith[guardConfig](t.Context(), o, test.source)
			if err == nil {
				cfg.Close()
			}
			if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Open returns %v, want an error of kind InvalidArgument that says %q", err, test.want)
			}
		})
	}
}

// detecting is a source that decides with a ChangeDetector and forgets the revision.
type detecting struct{ *source.ChangeDetector }

func (detecting) Name() string { return "orders.yaml" }

func (d detecting) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	if d.Changed(prev, "", nil) {
		return source.Content{}, nil
	}
	<-ctx.Done()
	return source.Content{}, ctx.Err()
}
