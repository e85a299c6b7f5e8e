package nacre_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// An option that has no effect is an error of Open, and all of them are reported at once.
func TestOptionsOfALayerHaveAnEffect(t *testing.T) {
	t.Parallel()
	text := func(context.Context, string) (string, error) { return "x", nil }
	layer := func(options ...nacre.LayerOption) source.Source {
		return nacre.Layer(memory.New("config.yaml", []byte("pool: 1")), options...)
	}
	for name, test := range map[string]struct {
		layers []source.Source
		want   []string // nil: Open succeeds
	}{
		"no layers":    {nil, []string{"config has no layers", `file.New("config.yaml")`}},
		"RefreshEvery": {[]source.Source{layer(nacre.RefreshEvery(time.Hour))}, []string{"layer config.yaml has RefreshEvery without Resolve"}},
		"never":        {[]source.Source{layer(nacre.RefreshEvery(nacre.Off))}, []string{"layer config.yaml has RefreshEvery without Resolve"}},
		"embedding": {[]source.Source{layer(nacre.AllowEmbedding("env", "file"), nacre.Resolve("env", text))},
			[]string{`AllowEmbedding("file") without a resolver of this scheme`}},
		"TrustUnsigned": {[]source.Source{layer(nacre.TrustUnsigned(), nacre.WithName("partner"))}, []string{"layer partner has TrustUnsigned without a manifest"}},
		"two":           {[]source.Source{layer(nacre.TrustUnsigned()), layer(nacre.RefreshEvery(time.Hour))}, []string{"TrustUnsigned", "RefreshEvery"}},
		"with effect":   {[]source.Source{layer(nacre.RefreshEvery(time.Hour), nacre.AllowEmbedding("env"), nacre.Resolve("env", text))}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := nacre.OpenWith[guardConfig](t.Context(), quiet, test.layers...)
			if test.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				cfg.Close()
				return
			}
			if !errors.Is(err, source.InvalidArgument) {
				t.Fatalf("Open returns %v, want an error of kind InvalidArgument", err)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q: %v", part, err)
				}
			}
		})
	}
}
