package nacre_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// pinned has a secret that can be guessed offline by whoever has a digest of it.
type pinned struct {
	PIN   nacre.Secret `config:"pin"`
	DSN   string       `config:"dsn"`
	Pool  int          `config:"pool"`
	Other string       `config:"other"`
}

// digested is a source whose revision is the md5 of its only document, as that of Nacos is.
type digested struct {
	text    chan string
	pending string
	got     chan source.Revision // what it was told is live or refused
}

func newDigested(text string) *digested {
	d := &digested{text: make(chan string, 10), got: make(chan source.Revision, 10)}
	d.text <- text
	return d
}

func (*digested) Name() string { return "digested" }

func md5Of(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (d *digested) Next(ctx context.Context, _ source.Revision) (source.Content, error) {
	select {
	case text := <-d.text:
		return source.Content{Revision: source.Revision("md5:" + md5Of(text)), Documents: []source.Document{{
			Name: "config.yaml", Format: source.FormatYAML, Data: []byte(text),
		}}}, nil
	case <-ctx.Done():
		return source.Content{}, ctx.Err()
	}
}

func (d *digested) Ack(rev source.Revision, _ error) { d.got <- rev }

// sums are all that a config shows by which two instances can be compared.
func sums(cfg *nacre.Config[pinned]) []string {
	all := []string{cfg.Snapshot().Sum, cfg.Health().Sum}
	for _, h := range cfg.History() {
		if h.Version == cfg.Snapshot().Version && h.Kind == observe.Applied {
			all = append(all, h.Sum)
		}
	}
	return all
}

// The sum can be read by many, and a secret of four digits would be found from it in a second: it
// must not depend on one.
func TestTheSumDoesNotDependOnSecrets(t *testing.T) {
	t.Parallel()
	open := func(text, pin string) (*nacre.Config[pinned], string) {
		t.Helper()
		var out output
		o := nacre.Options{Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), Observers: []observe.Observer{tellAll(&out)}, LastKnownGoodDir: t.TempDir()}
		cfg, err := nacre.OpenWith[pinned](t.Context(), o, nacre.Layer(newDigested(text), nacre.Resolve("vault", func(context.Context, string) (string, error) {
			return pin, nil
		})))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cfg.Close() })
		got := sums(cfg)
		for _, sum := range got {
			if sum != got[0] || !strings.HasPrefix(sum, "v2-") {
				t.Errorf("a config shows the sums %q: want one, with its form", got)
			}
		}
		if !strings.Contains(out.String(), got[0]) {
			t.Error("the events do not have the sum")
		}
		if err := cfg.Close(); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(o.LastKnownGoodDir, "*.lastgood"))
		if err != nil || len(files) != 1 {
			t.Fatalf("copies: %v, %v", files, err)
		}
		data, err := os.ReadFile(files[0])
		if err != nil || !bytes.Contains(data, []byte(got[0])) {
			t.Errorf("the copy on disk has another sum: %v", err)
		}
		return cfg, got[0]
	}
	const text = "pin: '%s'\ndsn: 'pg://u:${vault:pin}@db'\npool: 5\n"
	_, first := open(fmt.Sprintf(text, "${vault:pin}"), "1234")
	for what, test := range map[string]struct {
		text, pin string
		same      bool
	}{
		"the same":                           {fmt.Sprintf(text, "${vault:pin}"), "1234", true},
		"another value of the reference":     {fmt.Sprintf(text, "${vault:pin}"), "9876", true},
		"another reference":                  {fmt.Sprintf(text, "${vault:pin2}"), "1234", false},
		"another text around a reference":    {strings.Replace(fmt.Sprintf(text, "${vault:pin}"), "@db", "@db2", 1), "1234", false},
		"no secret at all":                   {strings.Replace(fmt.Sprintf(text, ""), "pin: ''\n", "", 1), "1234", false},
		"another value that is no secret":    {strings.Replace(fmt.Sprintf(text, "${vault:pin}"), "pool: 5", "pool: 6", 1), "1234", false},
		"the value in place of a reference":  {fmt.Sprintf(text, "1234"), "1234", false},
		"another text around it in a secret": {fmt.Sprintf(text, "x-${vault:pin}"), "1234", true},
	} {
		if _, sum := open(test.text, test.pin); (sum == first) != test.same {
			t.Errorf("%s: the sums are equal: %v, want %v", what, sum == first, test.same)
		}
	}
	_, inline := open(fmt.Sprintf(text, "1111"), "1234")
	if _, other := open(fmt.Sprintf(text, "2222"), "1234"); other != inline {
		t.Error("the sum depends on a secret that stands in the document")
	}
}

// A rotated secret is a new version all the same, and instances that share a LastKnownGoodKey can
// be told apart by it.
func TestAKeyedSumTellsSecretsApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var pin atomic.Value
		open := func(key byte) *nacre.Config[pinned] {
			o := quiet
			if key != 0 {
				o.LastKnownGoodKey = bytes.Repeat([]byte{key}, 32)
			}
			o.LastKnownGoodDir = t.TempDir()
			cfg, err := nacre.OpenWith[pinned](t.Context(), o, nacre.Layer(newDigested("pin: ${vault:pin}"), nacre.Resolve("vault", func(context.Context, string) (string, error) {
				return pin.Load().(string), nil
			})))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cfg.Close() })
			return cfg
		}
		pin.Store("1234")
		a, b, other, none := open(1), open(1), open(2), open(0)
		before := a.Snapshot()
		if before.KeyedSum == "" || before.KeyedSum != b.Snapshot().KeyedSum || before.KeyedSum == other.Snapshot().KeyedSum || none.Snapshot().KeyedSum != "" {
			t.Errorf("keyed sums: %q and %q with one key, %q with another, %q without: want one, another and none",
				before.KeyedSum, b.Snapshot().KeyedSum, other.Snapshot().KeyedSum, none.Snapshot().KeyedSum)
		}
		pin.Store("9876")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		after := a.Snapshot()
		if after.Version != 2 || after.Sum != before.Sum || after.KeyedSum == before.KeyedSum {
			t.Errorf("a rotated secret: version %d, the sum is another: %v, the keyed sum is another: %v; want 2, false, true",
				after.Version, after.Sum != before.Sum, after.KeyedSum != before.KeyedSum)
		}
		if h, history := a.Health(), a.History(); h.KeyedSum != after.KeyedSum || history[len(history)-1].KeyedSum != after.KeyedSum || history[0].KeyedSum != before.KeyedSum {
			t.Error("Health and History have other keyed sums than Snapshot")
		}
	})
}

// Who may edit a document must not learn by publishing a guess in place of a reference that nothing
// has changed.
func TestAGuessInPlaceOfAReferenceIsAChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDigested("dsn: ${vault:pin}")
		o := quiet
		o.LastKnownGoodDisabled = true
		cfg, err := nacre.OpenWith[pinned](t.Context(), o, nacre.Layer(d, nacre.Resolve("vault", func(context.Context, string) (string, error) { return "1234", nil })))
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		for n, guess := range []string{"1234", "1235"} {
			d.text <- "dsn: '" + guess + "'"
			settle()
			if got := cfg.Snapshot().Version; got != int64(n+2) {
				t.Errorf("the guess %s in place of the reference is version %d, want %d whether it is right or not", guess, got, n+2)
			}
		}
	})
}

// The revision of a document is its md5 in Nacos, from which a secret that stands in it can be
// guessed as well.
func TestTheRevisionIsNoOracle(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text  string
		shown bool // the origin's own revision
	}{
		"a secret":                {"pin: '1234'\npool: 5", false},
		"a part of a secret":      {"pin: '12${vault:pin}'", false},
		"a key that no field has": {"pool: 5\npni: '1234'", false},
		"not to be decoded":       {"pin: ['1234'", false},
		"a wrong type":            {"pin: '1234'\npool: x", false},
		"a reference":             {"pin: '${vault:pin}'\npool: 5", true},
		"no secret":               {"pool: 5", true},
		"no secret, wrong type":   {"pool: x", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out output
				o := nacre.Options{Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), Observers: []observe.Observer{tellAll(&out)}, LastKnownGoodDisabled: true}
				d := newDigested("pool: 1")
				cfg, err := nacre.OpenWith[pinned](t.Context(), o, nacre.Layer(d, nacre.Resolve("vault", func(context.Context, string) (string, error) { return "34", nil })))
				if err != nil {
					t.Fatal(err)
				}
				settle()
				<-d.got
				d.text <- test.text
				settle()
				if rev := <-d.got; rev != source.Revision("md5:"+md5Of(test.text)) {
					t.Errorf("the source is told of the revision %s, which is not its own", rev)
				}
				out.everything(cfg.Health())
				out.everything(cfg.History())
				for _, h := range cfg.History() {
					for _, p := range h.Problems {
						out.everything(p)
						text, _ := json.Marshal(p)
						out.Write(text)
					}
				}
				out.everything(cfg.ExplainAll())
				x, err := cfg.Explain("pool")
				if err != nil {
					t.Fatal(err)
				}
				out.everything(x)
				h := cfg.Health().Layers[0]
				if err := cfg.Close(); err != nil {
					t.Fatal(err)
				}
				text := out.String()
				if shown := strings.Contains(text, md5Of(test.text)); shown != test.shown {
					t.Errorf("the origin's revision is shown: %v, want %v", shown, test.shown)
				}
				if h.Latest == "" || !strings.Contains(text, `"revision":"`+string(h.Latest)+`"`) {
					t.Errorf("Health has the revision %q, and the log another", h.Latest)
				}
			})
		})
	}
}
