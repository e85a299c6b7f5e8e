package nacre_test

import (
	"context"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
)

// A rule in a section compares fields of the section, counted from its own top; and where two types
// bind one key, the rules of both hold.
func TestASecretCannotBeSearchedThroughASection(t *testing.T) {
	t.Parallel()
	type own struct {
		Pool struct {
			Below string `config:"below"`
			Above string `config:"above"`
			Short string `config:"short" validate:"max=6"`
		} `config:"pool"`
	}
	type section struct {
		Below string `config:"below" validate:"omitempty,ltcsfield=Above"`
		Above string `config:"above"`
		Short string `config:"short"`
	}
	for _, text := range []string{
		"pool:\n  below: '5000'\n  above: ${vault:pin}", "pool:\n  above: '5000'\n  below: ${vault:pin}", "pool:\n  short: 'aaa${vault:pin}'",
	} {
		synctest.Test(t, func(t *testing.T) {
			m := memory.New("config.yaml", []byte("pool: {}"))
			cfg, err := nacre.OpenWith[own](t.Context(), quiet, nacre.Layer(m,
				nacre.Resolve("vault", func(context.Context, string) (string, error) { return "77", nil })))
			if err != nil {
				t.Fatal(err)
			}
			defer cfg.Close()
			if _, err = nacre.Section[section](t.Context(), cfg, "pool"); err != nil {
				t.Fatal(err)
			}
			m.Set([]byte(text))
			settle()
			if why := strings.Join(cfg.Health().Layers[0].Rejected, "\n"); !strings.Contains(why, "AllowEmbedding") {
				t.Errorf("%q is not refused for its reference: %q", text, why)
			}
		})
	}
}
