package nacre_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

// canaryConfig has the canary in every kind of field; the validator and Validate are given every
// chance to tell it.
type canaryConfig struct {
	Token  nacre.Secret            `config:"token" validate:"required,min=8"`
	Tokens map[string]nacre.Secret `config:"tokens"`
	List   []nacre.Secret          `config:"list"`
	Tagged string                  `config:"tagged" secret:"true" validate:"omitempty,max=64"`
	Plain  string                  `config:"plain" validate:"omitempty,oneof=a b c canary-s3cret-0451"`
	Number int                     `config:"number"`
	When   time.Duration           `config:"when"`
	Rule   string                  `config:"rule" validate:"max=64"`
}

func (c *canaryConfig) Validate() error {
	switch c.Rule {
	case "tell":
		return fmt.Errorf("token %s (%q) is wrong", c.Token.Reveal(), c.Token.Reveal())
	case "panic":
		panic(c.Token.Reveal())
	}
	return nil
}

// output gathers everything that anybody could read. Safe for concurrent use.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// everything writes v in every way in which a person might.
func (o *output) everything(v any) {
	fmt.Fprintf(o, "%v\n%+v\n%#v\n%s\n", v, v, v, v)
	if text, err := json.Marshal(v); err == nil {
		fmt.Fprintf(o, "%s\n", text)
	}
	if err, ok := v.(error); ok {
		for ; err != nil; err = errors.Unwrap(err) {
			fmt.Fprintln(o, err)
		}
		if ps, ok := errors.AsType[nacre.Problems](v.(error)); ok {
			for _, p := range ps {
				fmt.Fprintf(o, "%v %+v %s\n", p, *p, p.Message)
			}
		}
	}
}

// tellAll is an observer that writes every event down whole.
func tellAll(o *output) observe.Observer {
	return func(e observe.Event) {
		o.everything(e)
		v := reflect.ValueOf(e)
		for i := range v.NumField() {
			o.everything(v.Field(i).Interface())
		}
	}
}

// The test plants a secret in every layer, in good and bad places, and searches all output for it:
// logs at the lowest level, events, errors, Health, Explain, History and panics. Errors carry no
// values, so they must not contain the values of other keys either.
func TestCanary(t *testing.T) {
	dir := t.TempDir()
	var out output
	options := nacre.Options{
		MaxBadChanges: nacre.Off, // all that is bad here is to be looked at
		Logger:        slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observers:     []observe.Observer{tellAll(&out)}, Window: nacre.Off, LastKnownGoodDir: filepath.Join(dir, "state"), BootTimeout: time.Second,
	}
	path := filepath.Join(dir, "config.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good := "token: " + canary + "\ntokens: {a: " + canary + "}\nlist: [" + canary + "]\ntagged: " + canary + "\n"
	write(good)
	secretFile := filepath.Join(dir, "secret")
	if err := os.WriteFile(secretFile, []byte(canary+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	remote := fakesource.New("remote")
	remote.PutYAML("remote.yaml", good)
	events, down := make(chan struct{}, 1000), make(chan struct{}, 10)
	options.Observers = append(options.Observers, on(handlers{
		observe.Rejected:  func(observe.Event) { events <- struct{}{} },
		observe.Applied:   func(observe.Event) { events <- struct{}{} },
		observe.LayerDown: func(observe.Event) { down <- struct{}{} },
	})...)
	openIt := func() (*nacre.Config[canaryConfig], error) {
		return nacre.OpenWith[canaryConfig](t.Context(), options, file.New(path), remote,
			env.New("CANARY", env.Environ(func() []string {
				return []string{"CANARY_TOKEN=" + canary, "CANARY_TAGGED_FILE=" + secretFile}
			})))
	}
	cfg, err := openIt()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { cfg.Close() }()
	drain := func() {
		for {
			select {
			case <-events:
			default:
				return
			}
		}
	}
	wait := func(what string) {
		t.Helper()
		select {
		case <-events:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: nothing was decided", what)
		}
	}
	called := make(chan struct{}, 100)
	for name, fn := range map[string]func(nacre.Change[canaryConfig]) error{
		"fails":  func(ch nacre.Change[canaryConfig]) error { return fmt.Errorf("with %q", ch.New.Token.Reveal()) },
		"panics": func(ch nacre.Change[canaryConfig]) error { panic(ch.New.Tokens["a"].Reveal()) },
		"prints": func(ch nacre.Change[canaryConfig]) error { panic(fmt.Sprintf("%+v", ch.New.Token)) },
	} {
		nacre.Subscribe(cfg, func(c *canaryConfig) canaryConfig { return *c }, func(_ context.Context, ch nacre.Change[canaryConfig]) error {
			defer func() { called <- struct{}{} }()
			return fn(ch)
		}, nacre.InitialCall(), nacre.WithName(name))
	}
	for range 3 {
		<-called
	}
	look := func() {
		out.everything(cfg.Health())
		out.everything(cfg.History())
		out.everything(cfg)
		for _, key := range []string{"token", "tokens.a", "tokens", "list[0]", "list", "tagged", "nothing", "unknown", "rule"} {
			x, err := cfg.Explain(key)
			if err != nil {
				t.Error(err)
			}
			out.everything(x)
		}
		out.everything(cfg.Health().Ready())
	}
	look()
	drain()
	for what, text := range map[string]string{
		"syntax": "token: [" + canary, "quoted": `token: "` + canary, "unknown key": "tokn: " + canary + "\nunknown: " + canary,
		"duplicate": "token: " + canary + "\ntoken: " + canary, "wrong type": "number: " + canary + "\nwhen: " + canary + "\ntokens: " + canary,
		"map for scalar": "plain: {a: " + canary + "}\nlist: {" + canary + ": " + canary + "}", "long": "rule: " + strings.Repeat(canary, 5),
		"one of": "plain: x" + canary, "rule tells": "rule: tell\ntoken: " + canary, "rule panics": "rule: panic", "alias": "a: &x " + canary + "\nb: *y",
		"tag": "plain: !!int " + canary, "tab": "token:\n\t" + canary,
	} {
		for _, layer := range []string{"file", "remote"} {
			if layer == "file" {
				write(text)
			} else {
				remote.PutYAML("remote.yaml", text)
			}
			wait(what + " in " + layer)
			look()
			write(good)
			remote.PutYAML("remote.yaml", good+"# "+what+"\n")
		}
		drain()
	}
	remote.Fail(&source.Error{Kind: source.Unavailable, Op: "read", Document: "remote.yaml", Err: errors.New("with " + canary)})
	select {
	case <-down:
	case <-time.After(10 * time.Second):
		t.Fatal("the outage is not told")
	}
	look()
	out.everything(cfg.Close())

	// A boot that fails must not tell it either: bad content, and no copy.
	options.LastKnownGoodDisabled = true
	remote.Heal()
	remote.PutYAML("remote.yaml", "number: "+canary+"\nunknown: "+canary+"\nrule: tell")
	if broken, err := openIt(); err == nil {
		broken.Close()
		t.Error("bad content was opened")
	} else {
		out.everything(err)
	}
	text := out.String()
	if i := strings.Index(text, canary); i >= 0 {
		t.Errorf("the canary is shown:\n…%s…", text[max(0, i-600):min(len(text), i+200)])
	}
	for _, want := range []string{"unknown key", "******", "panic: ", "with "} {
		if !strings.Contains(text, want) {
			t.Errorf("the search would have found nothing: the output has no %q", want)
		}
	}
}
