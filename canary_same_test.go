package nacre_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/confighttp"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// twin has secrets in every kind of field, and others beside them.
type twin struct {
	PIN    nacre.Secret            `config:"pin" validate:"max=64"`
	Tagged string                  `config:"tagged" secret:"true"`
	Number int                     `config:"number" secret:"true"`
	Tokens map[string]nacre.Secret `config:"tokens"`
	List   []nacre.Secret          `config:"list"`
	DSN    string                  `config:"dsn"`
	Whole  string                  `config:"whole" validate:"max=64"`
	Pool   int                     `config:"pool" validate:"lte=100"`
	Frozen string                  `config:"frozen" live:"false" secret:"true"`
	Rule   string                  `config:"rule"`
}

func (c *twin) Validate() error {
	switch c.Rule {
	case "tell":
		return fmt.Errorf("PIN %s, number %d, %q and %s are wrong", c.PIN.Reveal(), c.Number, c.Tagged, c.DSN)
	case "panic":
		panic(c.Tagged + " " + c.Whole)
	}
	return nil
}

// secrets are what differs between two runs of a scene.
type secrets struct {
	text   string // within a document
	number int
	given  string // by the resolver, at first
	later  string // by the resolver, after a while
}

// document is one with all the secrets at the ends of lines, so that no position depends on them.
func (s secrets) document(more string) string {
	return fmt.Sprintf("tokens:\n  a: %[1]s\nlist:\n- %[1]s\npin: %[1]s\ntagged: ${vault:x}-%[1]s\nnumber: %[2]d\nfrozen: %[1]s\ndsn: pg://u:${vault:x}@db\nwhole: ${vault:x}\n%[3]s\n", s.text, s.number, more)
}

var (
	veiledRevision = regexp.MustCompile(`keyed-[0-9a-f]+…?`)
	moment         = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?|time\.Date\([^)]*\)|\d+ (s|min) ago| m=\+[0-9.]+|\d\d:\d\d:\d\d`) // references are read at times that chance picks
	address        = regexp.MustCompile(`0x[0-9a-f]{5,}`)
	keyedSum       = regexp.MustCompile(`\b[0-9a-f]{32}\b|\b[0-9a-f]{16}…`) // where there is a key
)

// shownWith is all that anybody can see of a scene with these secrets: logs, events, errors,
// Health, Explain, Report, History, the answers over HTTP.
func shownWith(t *testing.T, s secrets, key []byte) string {
	t.Helper()
	var out output
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var given atomic.Value
		given.Store(s.given)
		resolve := nacre.Resolve("vault", func(_ context.Context, name string) (string, error) {
			if name == "fails" {
				return "", errors.New("cannot give " + given.Load().(string))
			}
			return given.Load().(string), nil
		})
		o := nacre.Options{
			MaxBadChanges: nacre.Off, Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), Observers: []observe.Observer{tellAll(&out)},
			LastKnownGoodDir: dir, LastKnownGoodKey: key,
		}
		d := newDigested(s.document(""))
		cfg, err := nacre.OpenWith[twin](t.Context(), o, nacre.Layer(d, resolve))
		if err != nil {
			t.Fatal(err)
		}
		nacre.Subscribe(cfg, func(c *twin) twin { return *c }, func(_ context.Context, ch nacre.Change[twin]) error {
			return fmt.Errorf("cannot use %s, %d, %s, %s and %s", ch.New.PIN.Reveal(), ch.New.Number, ch.New.Tagged, ch.New.Whole, ch.New.DSN)
		}, nacre.InitialCall(), nacre.WithName("fails"))
		settle()
		look := func() {
			settle()
			for len(d.got) > 0 {
				<-d.got
			}
			out.everything(cfg.Health())
			out.everything(cfg.Health().Ready())
			out.everything(cfg.ExplainAll())
			for _, h := range cfg.History() {
				out.everything(h)
				out.everything(error(h.Problems))
			}
			snapshot := cfg.Snapshot()
			fmt.Fprintln(&out, snapshot.Version, snapshot.Sum, snapshot.KeyedSum, snapshot.Causes)
			for _, k := range []string{"pin", "tagged", "number", "tokens", "tokens.a", "list", "list[0]", "dsn", "whole", "frozen", "unknown", "rule"} {
				x, err := cfg.Explain(k)
				if err != nil {
					t.Error(err)
				}
				out.everything(x)
			}
			for _, h := range []http.Handler{confighttp.Page(cfg), confighttp.JSON(cfg), confighttp.Ready(cfg), confighttp.Live()} {
				w := httptest.NewRecorder()
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.Host = "localhost"
				h.ServeHTTP(w, r)
				fmt.Fprintln(&out, w.Code, w.Body)
			}
		}
		look()
		for _, text := range []string{
			s.document("pool: 5"), s.document("pool: 500"), s.document("pool: x"), s.document("unknown: " + s.text), s.document("rule: tell"), s.document("rule: panic"),
			s.document("pool: 1${vault:x}"), s.document("rule: ${vault:fails}"), s.document("pool: 6"),
			"pin: [" + s.text, "pin: {a: " + s.text + "}", "number: " + s.text + "x", "number: '" + s.text, "tokens: " + s.text,
			s.document("frozen2: 1\nfrozen: " + s.text), strings.Replace(s.document("pool: 7"), "frozen: ", "frozen: x", 1), s.document("pool: 8"),
		} {
			d.text <- text
			look()
		}
		given.Store(s.later) // it is rotated
		time.Sleep(2 * time.Minute)
		look()
		if _, err := cfg.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		look()
		out.everything(cfg.Close())
		look()
		_, err = nacre.OpenWith[twin](t.Context(), nacre.Options{Logger: o.Logger, Observers: o.Observers, LastKnownGoodDisabled: true},
			nacre.Layer(newDigested(s.document("unknown: "+s.text+"\nrule: tell")), resolve))
		out.everything(err)
	})
	text := out.String()
	for _, secret := range []string{s.text, s.given, s.later, fmt.Sprint(s.number)} {
		if i := strings.Index(text, secret); i >= 0 && len(secret) > 3 {
			t.Errorf("the secret %s is shown: …%s…", secret, text[max(0, i-300):min(len(text), i+100)])
		}
	}
	if key == nil {
		checkCopy(t, dir, s)
	} else {
		text = keyedSum.ReplaceAllString(text, "KEYED")
	}
	text = strings.ReplaceAll(text, dir, "DIR")
	text = moment.ReplaceAllString(text, "TIME")
	return address.ReplaceAllString(veiledRevision.ReplaceAllString(text, "keyed-REV"), "0xADDRESS")
}

// checkCopy holds that the copy on disk has nothing of what references stand for.
func checkCopy(t *testing.T, dir string, s secrets) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.lastgood"))
	if err != nil || len(files) != 1 {
		t.Fatalf("copies: %v, %v", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil || bytes.Contains(data, []byte(s.later)) || len(s.given) > 3 && bytes.Contains(data, []byte(s.given)) {
		t.Errorf("the copy has what a reference stands for: %v", err)
	}
}

// The output does not depend on the secrets: two runs with different secrets look the same, except
// for digests under a key. So no digest, length, position or comparison in it reveals a secret.
func TestWhatIsShownIsTheSameWhateverTheSecretsAre(t *testing.T) {
	for name, key := range map[string][]byte{"without a key": nil, "with a key": bytes.Repeat([]byte{7}, 32)} {
		t.Run(name, func(t *testing.T) {
			a := shownWith(t, secrets{"canary-0451", 471108, "given-canary", "later-canary"}, key)
			for _, other := range []secrets{
				{"oyster-of-another-length", 93, "other", "another-one-of-them"}, {"p3arl", 1000003, "zzz", "yyyyy"},
			} {
				b := shownWith(t, other, key)
				for what, lines := range map[string][2]string{"these secrets": {a, b}, "the others": {b, a}} {
					if only := onlyIn(lines[0], lines[1]); only != "" {
						t.Errorf("what is shown depends on the secrets: with %s alone there is\n%s", what, only)
					}
				}
			}
			for _, want := range []string{"v2-", "keyed-REV", "cannot use ******", "cannot give ******", `"ready": true`, "not ready", source.Invalid.Error(), "whose text is not shown", "AllowEmbedding", "Config, version"} {
				if !strings.Contains(a, want) {
					t.Errorf("the scene does not show %q, and the comparison is worth less", want)
				}
			}
		})
	}
}

// onlyIn returns the first lines of a that are not in b as often. What happens at one moment has no
// order.
func onlyIn(a, b string) string {
	count := map[string]int{}
	for line := range strings.SplitSeq(b, "\n") {
		count[line]++
	}
	var only []string
	for line := range strings.SplitSeq(a, "\n") {
		if count[line]--; count[line] < 0 && len(only) < 3 {
			only = append(only, line)
		}
	}
	return strings.Join(only, "\n")
}
