package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
)

// scrubbing has secrets of all sizes.
type scrubbing struct {
	Token  nacre.Secret            `config:"token"`
	PIN    int64                   `config:"pin" secret:"true"`
	Ratio  float64                 `config:"ratio" secret:"true"`
	Tokens map[string]nacre.Secret `config:"tokens"`
	N      int                     `config:"n"`
}

// lastError is what Subscribe returns of an error of the service's own, in which it says text.
func lastError(t *testing.T, cfg *nacre.Config[scrubbing], text func(*scrubbing) string) string {
	t.Helper()
	_, err := nacre.Subscribe(cfg, func(c *scrubbing) int { return c.N }, func(context.Context, nacre.Change[int]) error {
		return errors.New(text(cfg.Get()))
	}, nacre.InitialCall(), nacre.WithName("says"))
	const before = "subscribe says: initial call failed: "
	if err == nil || !strings.HasPrefix(err.Error(), before) {
		t.Fatalf("the error of the initial call is %v", err)
	}
	return strings.TrimPrefix(err.Error(), before)
}

// A short secret is redacted where it stands by itself, and leaves the words alone that it is a
// part of.
func TestShortSecretsAreRedacted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"token: abc, cannot use abc: \"abc\" (abc)":  "token: ******, cannot use ******: \"******\" (******)",
		"abcd, xabc, abc_d, éabc and abcé are words": "abcd, xabc, abc_d, éabc and abcé are words",
		"pg://u:abc@db/abc":                          "pg://u:******@db/******",
		"pin 4711, 47110 and 14711":                  "pin ******, ******0 and 1******", // longer ones wherever they stand
		"ratio 0.5 and abc":                          "ratio ****** and ******",
		"a, b, ab, bc":                               "a, b, ab, bc",
		"abc":                                        "******",
		"abcabc abc":                                 "abcabc ******",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg, err := nacre.OpenWith[scrubbing](t.Context(), quiet, memory.New("config.yaml", []byte("token: abc\npin: 4711\nratio: 0.5\ntokens: {x: '', y: ' '}")))
				if err != nil {
					t.Fatal(err)
				}
				defer cfg.Close()
				if got := lastError(t, cfg, func(*scrubbing) string { return text }); got != want {
					t.Errorf("%q is shown as %q, want %q", text, got, want)
				}
			})
		})
	}
}

// many is a document of n secrets, named by their numbers from the first on.
func many(first, n int) string {
	var b strings.Builder
	b.WriteString("n: 1\ntokens:\n")
	for i := range n {
		fmt.Fprintf(&b, "  k%d: canary-%d\n", i, first+i)
	}
	return b.String()
}

// No secret of what is in use is forgotten, however many there are and come after it.
func TestSecretsInUseAreNotForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 6000
		o := quiet
		o.MaxBadChanges = -1
		m := memory.New("config.yaml", []byte(many(0, n)))
		cfg, err := nacre.OpenWith[scrubbing](t.Context(), o, m)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		say := func(c *scrubbing) string {
			return fmt.Sprintf("with %s, %s and %s", c.Tokens["k0"].Reveal(), c.Tokens["k3000"].Reveal(), c.Tokens["k5999"].Reveal())
		}
		if got := lastError(t, cfg, say); got != "with ******, ****** and ******" {
			t.Errorf("of %d secrets some are shown: %q", n, got)
		}
		// Who may edit the document cannot push them out with refused ones.
		for i := range 20 {
			m.Set([]byte(many(n+1000*i, 1000) + "unknown: 1\n"))
			settle()
		}
		if got := lastError(t, cfg, say); got != "with ******, ****** and ******" {
			t.Errorf("after 20000 secrets that were refused, some that are live are shown: %q", got)
		}
		// A version of the history may come back.
		m.Set([]byte("n: 2\ntoken: canary-last"))
		settle()
		if _, err := approve(cfg, 0); err != nil {
			t.Fatal(err)
		}
		settle()
		for i := range 5 {
			m.Set([]byte(many(100000+1000*i, 1000) + "unknown: 1\n"))
			settle()
		}
		if got := cfg.Get().Token.Reveal(); got != "canary-last" {
			t.Fatalf("live is %q", got)
		}
		if _, err := cfg.Pin(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		settle()
		if got := lastError(t, cfg, say); got != "with ******, ****** and ******" {
			t.Errorf("some secrets of a version that came back are shown: %q", got)
		}
	})
}
