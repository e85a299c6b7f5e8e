package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

// wordsConfig has a field for each kind of message that nacre makes of a bad document.
type wordsConfig struct {
	Secrets []nacre.Secret    `config:"secrets"`
	Flag    string            `config:"flag" validate:"omitempty,boolean"`
	Bool    bool              `config:"bool"`
	Count   int               `config:"count" validate:"lte=500"`
	Wait    time.Duration     `config:"wait"`
	List    []int             `config:"list" validate:"max=2"`
	Pair    [2]int            `config:"pair"`
	Map     map[string]int    `config:"map"`
	Mode    string            `config:"mode"`
	Cert    string            `config:"cert" validate:"required_if=Mode tls"`
	Low     int               `config:"low" validate:"ltefield=High"`
	High    int               `config:"high" default:"9"`
	Name    string            `config:"name" validate:"required"`
	Level   slog.Level        `config:"level"`
	Host    string            `config:"host" validate:"omitempty,hostname_port"`
	Labels  map[string]string `config:"labels" validate:"dive,keys,min=4,endkeys,required"`
}

var wordsDocuments = map[string]string{
	"words.yaml": "flag: x\nbool: 5\ncount: 501\nwait: 5\nlist: [1, 2, 3]\npair: [1]\nmap: []\nmode: tls\nlow: 10\nlevel: 5\nhost: ':'\nlabels: {x: ''}\nunknown: 1",
	"more.yaml":  "name: ''\nbool: maybe\ncount: x\nwait: 1x\nlist: {}\nmap: {a: b}\nmode: {}\nlevel: loud\ncert: []\nhost: null\nnam: x",
	"rest.yaml":  "name: x\nname: y", "tabs.yaml": "name:\n\tx", "open.yaml": "name: [x", "alias.yaml": "name: *x", "tag.yaml": "name: !!int x", "doc.yaml": "--- 1\n--- 2",
	"quote.yaml": "name: \"x", "colon.yaml": "name: x: y", "bad.json": "{\"name\": x}", "more.json": "{\"name\": \"x\", \"name\": 1", "bad.toml": "name = x", "two.toml": "name = \"x\"\nname = \"y\"",
	"bad.properties": "name=\\u12", "vars.env": "name=\"x", "nothing.txt": "x", "no.yaml": "name: x\ncount: 0x1g\nbool: 08", "list.yaml": "- x",
}

var word = regexp.MustCompile(`[[:alpha:]]{4,}`)

// Nacre's own words, keys and names stay as they are when each of them is a secret too.
func TestOwnWordsAreNotRedacted(t *testing.T) {
	t.Parallel()
	for name, text := range wordsDocuments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused := func(secrets []string) string {
				tree := map[string]any{"secrets": secrets}
				low := memory.New("low.yaml", nil)
				if err := low.SetTree(tree); err != nil {
					t.Fatal(err)
				}
				_, err := nacre.Check[wordsConfig](t.Context(), low, memory.New(name, []byte(text)))
				if err == nil {
					t.Fatal("a bad document is good")
				}
				return err.Error()
			}
			plain := refused([]string{"harmless-secret"})
			secrets := append(word.FindAllString(plain, -1), name, strings.Split(plain, "\n")[0])
			if got := refused(secrets); got != plain {
				t.Errorf("with its words as secrets it reads\n%s\nwant\n%s", got, plain)
			}
		})
	}
}

// The same for what is found while a service runs: sources, subscribers, resources, probes,
// resolvers, releases.
func TestOwnWordsOfTheEngineAreNotRedacted(t *testing.T) {
	plain := strings.Join(runBadly(t, []string{"harmless-secret"}), "\n")
	for _, want := range []string{"source panicked", "a content without a revision", "scheme has no resolver", "no answer within 5s", "not built within 1s", "ended its goroutine",
		"not finished in time", "source stuck has not returned from Next", "unknown key", "cannot be printed", " is below it"} {
		if !strings.Contains(plain, want) {
			t.Errorf("the test does not make nacre say %q:\n%s", want, plain)
		}
	}
	secrets := append(word.FindAllString(plain, -1), strings.Split(plain, "\n")...)
	// What Go says of a context is not nacre's own.
	secrets = slices.DeleteFunc(secrets, func(s string) bool {
		return strings.Contains("context deadline exceeded", s) || strings.Contains(s, "context deadline exceeded")
	})
	if got := strings.Join(runBadly(t, secrets), "\n"); got != plain {
		t.Errorf("with its words as secrets it reads\n%s\nwant\n%s", got, plain)
	}
}

// runBadly has a service do all that it should not, and returns what it is told.
func runBadly(t *testing.T, secrets []string) (all []string) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		note := func(texts ...string) {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, texts...)
		}
		o := quiet
		o.MaxKeyLoss, o.MaxBadChanges, o.CloseTimeout, o.LastKnownGoodDisabled = -1, -1, time.Second, true
		o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[explainHost]("text.deep")}
		o.Observers = on(handlers{
			observe.Rejected:   func(e observe.Event) { note(e.Problems.Error()) },
			observe.RolledBack: func(e observe.Event) { note(e.Err.Error()) },
			observe.ResourceBuilt: func(e observe.Event) {
				if e.Err != nil {
					note(e.Err.Error())
				}
			},
		})
		low := memory.New("low.yaml", nil)
		if err := low.SetTree(map[string]any{"secrets": secrets}); err != nil {
			t.Fatal(err)
		}
		m := memory.New("config.yaml", []byte("pool: 1"))
		end := make(chan struct{})
		defer close(end)
		cfg, err := nacre.OpenWith[runConfig](t.Context(), o, low,
			nacre.Layer(m, nacre.Resolve("slow", func(ctx context.Context, _ string) (string, error) { <-end; return "", nil })),
			nacre.Layer(&badlyBehaved{"broken", func(context.Context) (source.Content, error) { panic("x") }}, nacre.MayBeDown()),
			nacre.Layer(&badlyBehaved{"empty", func(context.Context) (source.Content, error) { return source.Content{}, nil }}, nacre.MayBeDown()),
			nacre.Layer(&badlyBehaved{"stuck", func(context.Context) (source.Content, error) { <-end; return source.Content{}, nil }}, nacre.MayBeDown()),
		)
		if err != nil {
			t.Fatal(err)
		}
		_, err = nacre.Derive(t.Context(), cfg, func(c *runConfig) int { return c.Pool }, func(ctx context.Context, pool int) (int, error) {
			switch pool {
			case 2:
				<-end
			case 3:
				runtime.Goexit()
			case 4:
				var none *unprintable
				return 0, none
			}
			return pool, nil
		}, nil, nacre.WithName("resource"), nacre.BuildTimeout(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		nacre.Subscribe(cfg, func(c *runConfig) int { return c.Pool }, func(context.Context, nacre.Change[int]) error { runtime.Goexit(); return nil }, nacre.WithName("subscriber"))
		check := nacre.AutoRollback(cfg, func(ctx context.Context, c *runConfig) error {
			if c.Pool == 6 {
				<-end
			}
			return nil
		}, nacre.RollbackWindow(time.Second), nacre.RollbackCheckInterval(100*time.Millisecond), nacre.RollbackCheckTimeout(100*time.Millisecond))
		defer check.Stop()
		for _, text := range []string{"text: ${nowhere:x}", "text: ${slow:x}", "pool: 2", "pool: 3", "pool: 4", "pool: 5", "pool: 6", "pool: x\npol: 1", "text: flat"} {
			m.Set([]byte(text))
			time.Sleep(20 * time.Second)
			synctest.Wait()
			h := cfg.Health()
			for _, l := range h.Layers {
				note(l.Down)
				note(l.Rejected...)
				note(l.Held...)
			}
			note(h.Resources[0].LastError, h.Subscribers[0].LastError)
		}
		// Whether the resource closes within what the stuck source leaves of the time is chance.
		note(strings.ReplaceAll(cfg.Close().Error(), "\nclose: timeout: resource resource has not closed", ""))
	})
	slices.Sort(all) // sources fail at times of chance
	return slices.Compact(all)
}

type unprintable struct{ text string }

func (u *unprintable) Error() string { return u.text }

// badlyBehaved does what a source must not.
type badlyBehaved struct {
	name string
	next func(context.Context) (source.Content, error)
}

func (s *badlyBehaved) Name() string { return s.name }
func (s *badlyBehaved) Next(ctx context.Context, _ source.Revision) (source.Content, error) {
	return s.next(ctx)
}

type runConfig struct {
	Secrets []nacre.Secret `config:"secrets"`
	Pool    int            `config:"pool"`
	Text    any            `config:"text"`
}

const told = "canary-s3cret-0451"

// told2 is read by a parser of the service's own, which tells what it cannot read.
type told2 struct{ text string }

type foreignConfig struct {
	Token  nacre.Secret      `config:"token"`
	Parsed told2             `config:"parsed"`
	Tagged string            `config:"tagged" validate:"omitempty,custom=canary-s3cret-0451"`
	Listed string            `config:"listed" validate:"omitempty,oneof=a canary-s3cret-0451"`
	Least  string            `config:"least" validate:"omitempty,startswith=canary-s3cret-0451"`
	Cert   string            `config:"cert" validate:"required_if=Mode canary-s3cret-0451"`
	Mode   string            `config:"mode"`
	Alias  string            `config:"alias" validate:"omitempty,aliased"`
	Keys   map[string]string `config:"keys"`
	Text   string            `config:"text"`
	Pool   int               `config:"pool"`
}

func (c *foreignConfig) Validate() error {
	switch c.Pool {
	case 10:
		return fmt.Errorf("with %s", told)
	case 11:
		return errors.Join(validate.Field("pool", "not with "+told), validate.At("keys", fmt.Errorf("%q", told)))
	case 12:
		return validate.Field("keys."+told, "is wrong")
	case 13:
		return validate.Field(told, "is wrong")
	case 14:
		panic(told)
	}
	return nil
}

// tellingSection is never good.
type tellingSection map[string]string

func (tellingSection) Validate() error { return errors.New("a section with " + told) }

// tellingSource tells a secret wherever an error of a source has room for it.
type tellingSource struct {
	*fakesource.Source
}

func (tellingSource) Close() error { return errors.New("close with " + told) }

// No text of others carries a secret into anything that can be read. The scenarios are all places
// at which nacre takes such a text.
func TestForeignTextsCarryNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out output
		o := nacre.Options{
			Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), Observers: []observe.Observer{tellAll(&out)}, Window: nacre.Off, MaxBadChanges: nacre.Off, MaxKeyLoss: nacre.Off, LastKnownGoodDisabled: true,
			Binder: []binder.Option{binder.Parse(func(text string) (told2, error) {
				if text == "fails" {
					return told2{}, fmt.Errorf("at: %w", binder.PublicError("must not be "+told))
				}
				return told2{text}, nil
			}), binder.Hook(func(from, to reflect.Type, data any) (any, error) {
				if data == "hook fails" {
					return nil, binder.PublicError("the hook wants " + told)
				}
				return data, nil
			})},
			Validate: []validate.Option{
				validate.Tag("custom", func(reflect.Value, string) bool { return false }, "must be {param}, or "+told),
				validate.Alias("aliased", "len=99", "must be "+told),
			},
		}
		m := memory.New("config.yaml", []byte("token: "+told))
		remote := tellingSource{fakesource.New("remote")}
		remote.PutYAML("remote.yaml", "text: x")
		fails := false
		cfg, err := nacre.OpenWith[foreignConfig](t.Context(), o,
			nacre.Layer(m, nacre.Resolve("tell", func(context.Context, string) (string, error) { return "", errors.New("no answer for " + told) }),
				nacre.Resolve("panic", func(context.Context, string) (string, error) { panic(told) }),
				nacre.Decrypt(func(_ context.Context, d source.Document) ([]byte, error) {
					if fails {
						return nil, fmt.Errorf("wrong key %q", told)
					}
					return d.Data, nil
				})), remote)
		if err != nil {
			t.Fatal(err)
		}
		nacre.Subscribe(cfg, func(c *foreignConfig) int { return c.Pool }, func(_ context.Context, ch nacre.Change[int]) error {
			if ch.New == 5 {
				panic(told)
			}
			return fmt.Errorf("connect with %s", told)
		})
		build := func(_ context.Context, pool int) (int, error) {
			switch pool {
			case 1:
				return 0, errors.New("dial with " + told)
			case 2:
				panic(errors.New(told))
			}
			return pool, nil
		}
		if _, err := nacre.Derive(t.Context(), cfg, func(c *foreignConfig) int { return c.Pool }, build, func(int) error { return errors.New("cannot close " + told) },
			nacre.CloseGrace(time.Second)); err != nil {
			t.Fatal(err)
		}
		for _, failing := range []func(context.Context, int) (int, error){
			func(context.Context, int) (int, error) { return 0, errors.New("first with " + told) }, func(context.Context, int) (int, error) { panic(told) },
		} {
			_, err := nacre.Derive(t.Context(), cfg, func(c *foreignConfig) int { return 1 }, failing, nil)
			out.everything(err)
		}
		nacre.AutoRollback(cfg, func(_ context.Context, c *foreignConfig) error {
			if c.Pool == 6 {
				return errors.New("probed with " + told)
			}
			return nil
		})
		look := func() {
			time.Sleep(5 * time.Second)
			synctest.Wait()
			out.everything(cfg.Health())
			out.everything(cfg.History())
			out.everything(cfg.ExplainAll())
			for _, e := range cfg.History() {
				out.everything(e.Problems)
			}
		}
		base := "token: " + told + "\n"
		for _, text := range []string{
			"pool: 1", "pool: 2", "pool: 3", "pool: 4", "pool: 5", "pool: 6", "pool: 10", "pool: 11", "pool: 12", "pool: 13", "pool: 14", "parsed: fails", "cert: hook fails", "tagged: x",
			"listed: x", "least: x", "mode: " + told, "alias: x", "parsed: ${tell:x}", "parsed: ${panic:x}",
		} {
			m.Set([]byte(base + text))
			look()
		}
		_, err = nacre.Section[tellingSection](t.Context(), cfg, "keys")
		out.everything(err)
		_, err = cfg.Pin(t.Context(), 1)
		out.everything(err)
		out.everything(cfg.Unpin(t.Context()))
		fails = true
		m.Set([]byte(base + "pool: 7"))
		look()
		for _, err := range []error{
			errors.New("plain " + told), fmt.Errorf("around: %w", errors.New(told)), errors.Join(errors.New("one"), errors.New(told)),
			&source.Error{Kind: source.PermissionDenied, Op: told, Document: told, Fix: told, Err: errors.New(told)},
			&source.Error{Kind: source.Unavailable, Op: "read", Document: "remote.yaml", Err: fmt.Errorf("a %w", errors.New(told))},
			&source.LayerError{Layer: told, Err: errors.New(told)}, source.Problems{{Kind: source.Invalid, Key: told, Message: told, Suggest: told}},
			&observe.PanicError{Text: told},
		} {
			remote.Fail(err)
			look()
			remote.Heal()
			look()
		}
		out.everything(cfg.Close())
		text := out.String()
		if strings.Contains(text, "no cause") {
			t.Error("a note on who wrote a message was not taken off")
		}
		if i := strings.Index(text, told); i >= 0 {
			t.Errorf("a secret is told:\n…%s…", text[max(0, i-600):min(len(text), i+200)])
		}
		for _, want := range []string{
			"dial with ******", "panic: ******", "connect with ******", "first with ******", "cannot close ******", "probed with ******", "must not be ******", "the hook wants ******",
			"must be ******, or ******", "must be one of: a, ******", "must start with ******", "required when mode is ******", "no answer for ******", `wrong key \"******\"`, "plain ******", "keys: a section with ******",
			"around: ******", "one\n******", "****** ******: permission denied: ****** (******)", "read remote.yaml: unavailable: a ******", "close with ******", "its Validate method found a problem",
			"its Validate method panicked with a string",
		} {
			if !strings.Contains(text, want) && !strings.Contains(strings.ReplaceAll(text, `\n`, "\n"), want) {
				t.Errorf("the search would have found nothing: the output has no %q", want)
			}
		}
	})
}
