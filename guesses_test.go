package nacre_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
)

// Adversary: an editor of one document puts a hundred guesses in place of as many references, and
// looks which of them is no change.
func TestNoGuessIsShownToBeRight(t *testing.T) {
	t.Parallel()
	type config struct {
		Labels map[string]string `config:"labels"`
		Lists  map[string][]any  `config:"lists"`
		Fixed  map[string]string `config:"fixed" live:"false"`
		Addrs  map[string]struct {
			Addr string `config:"addr" live:"false"`
			PIN  string `config:"pin" live:"false" default:"4999"`
		} `config:"addrs"`
	}
	const guesses = 20 // of each kind, from 4990 on
	text := func(value func(int) string) (text string) {
		for _, form := range [][2]string{
			{"labels:\n", "  a%d: %s\n"}, {"lists:\n", "  a%d: [%s]\n"}, {"fixed:\n", "  a%d: %s\n"}, {"addrs:\n", "  a%d: {addr: %[2]s, pin: %[2]s}\n"},
		} {
			text += form[0]
			for i := range guesses {
				text += fmt.Sprintf(form[1], i, value(i))
			}
		}
		return text
	}
	seen := map[string]string{}
	for _, pin := range []string{"4999", "5001", "7777"} {
		synctest.Test(t, func(t *testing.T) {
			m := memory.New("config.yaml", []byte(text(func(int) string { return "'${vault:pin}'" })))
			cfg, err := nacre.OpenWith[config](t.Context(), quiet, nacre.Layer(m, nacre.Resolve("vault", func(context.Context, string) (string, error) { return pin, nil })))
			if err != nil {
				t.Fatal(err)
			}
			defer cfg.Close()
			m.Set([]byte(text(func(i int) string { return fmt.Sprintf("'%d'", 4990+i) })))
			settle()
			h := cfg.History()
			last := h[len(h)-1]
			what := fmt.Sprint(last.Kind, last.Diff, cfg.Health().Pending)
			for _, x := range cfg.ExplainAll().Keys {
				what += fmt.Sprint(x.Key, x.Pending)
			}
			if len(last.Diff) != 2*guesses {
				t.Errorf("of %d guesses %d are shown as changes: %q", 2*guesses, len(last.Diff), last.Diff)
			}
			seen[what] = pin
		})
	}
	if len(seen) > 1 {
		t.Errorf("what is shown depends on the secret: %q", seen)
	}
}
