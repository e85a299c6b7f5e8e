package nacre_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
)

const canary = "canary-s3cret-0451"

// holder has a secret where formatting by reflection finds it: exported, unexported, embedded,
// behind a pointer, in a map.
type holder struct {
	nacre.Secret
	Field    nacre.Secret
	Pointer  *nacre.Secret
	Map      map[string]nacre.Secret
	List     []nacre.Secret
	Any      any
	hidden   nacre.Secret
	byKey    map[nacre.Secret]int
	function func()
}

func TestSecretIsNowhereInClear(t *testing.T) {
	t.Parallel()
	s := nacre.NewSecret(canary)
	h := holder{s, s, &s, map[string]nacre.Secret{"a": s}, []nacre.Secret{s}, s, s, map[nacre.Secret]int{s: 1}, nil}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p", "%40s", "%.3s", "% x", "%t", "%e", "%c", "%U"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", &s)
		fmt.Fprintf(&out, verb+"\n", h)
		fmt.Fprintf(&out, verb+"\n", &h)
	}
	for _, v := range []any{s, &s, map[string]any{"a": s}, []nacre.Secret{s}, struct{ S nacre.Secret }{s}} {
		j, err := json.Marshal(v)
		if err != nil {
			t.Errorf("json: %v", err)
		}
		y, err := yaml.Marshal(v)
		if err != nil {
			t.Errorf("yaml: %v", err)
		}
		out.Write(j)
		out.Write(y)
	}
	x, _ := xml.Marshal(struct{ S nacre.Secret }{s})
	out.Write(x)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("m", "s", s, "p", &s, "g", slog.GroupValue(slog.Any("s", s)), "h", h)
	}
	_ = template.Must(template.New("").Parse("{{.}} {{.Field}}")).Execute(&out, h)
	func() {
		defer func() { fmt.Fprint(&out, recover()) }()
		panic(s)
	}()
	fmt.Fprint(&out, fmt.Errorf("dial: %w", fmt.Errorf("%v", s)), reflect.ValueOf(s), s.String(), fmt.Sprintf("%#v", s))
	if strings.Contains(out.String(), canary) || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
		t.Errorf("a secret is in clear in:\n%s", out.String())
	}
	if !strings.Contains(out.String(), "******") {
		t.Error("nothing was written at all")
	}
}

// follow writes all texts that reflection can reach, unexported fields and pointers included, as
// test libraries do for diffs.
func follow(out *strings.Builder, v reflect.Value, depth int) {
	if depth > 20 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		out.WriteString(v.String() + "\n")
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			follow(out, v.Elem(), depth+1)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			follow(out, field, depth+1)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			follow(out, v.Index(i), depth+1)
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			follow(out, iter.Key(), depth+1)
			follow(out, iter.Value(), depth+1)
		}
	}
}

func TestSecretIsNotInClearForReflection(t *testing.T) {
	t.Parallel()
	s := nacre.NewSecret(canary)
	var out strings.Builder
	follow(&out, reflect.ValueOf(struct {
		Open   string
		Secret nacre.Secret
		Many   map[string]*nacre.Secret
	}{"open", s, map[string]*nacre.Secret{"a": &s}}), 0)
	if !strings.Contains(out.String(), "open") || strings.Contains(out.String(), canary) {
		t.Errorf("reflection that follows pointers finds %q", out.String())
	}
}

func TestSecretComparesAndReveals(t *testing.T) {
	t.Parallel()
	a, b, c := nacre.NewSecret(canary), nacre.NewSecret(strings.Clone(canary)), nacre.NewSecret("other")
	var zero, empty nacre.Secret
	if err := empty.UnmarshalText(nil); err != nil {
		t.Fatal(err)
	}
	if a != b || a == c || !reflect.DeepEqual(a, b) || reflect.DeepEqual(a, c) || zero != empty {
		t.Error("secrets are not equal exactly when their texts are")
	}
	if a.Reveal() != canary || zero.Reveal() != "" || !zero.IsZero() || a.IsZero() {
		t.Error("Reveal or IsZero is wrong")
	}
	var back nacre.Secret
	if err := json.Unmarshal([]byte(`"`+canary+`"`), &back); err != nil || back != a {
		t.Errorf("a secret cannot be read from JSON: %v", err)
	}
	if err := yaml.NewDecoder(bytes.NewBufferString(canary)).Decode(&back); err != nil || back != a {
		t.Errorf("a secret cannot be read from YAML: %v", err)
	}
}

type listConfig struct {
	Tokens []nacre.Secret `config:"tokens"`
}

// The secrets of a list that is given as one text, as a variable does, are hidden like those of any
// other.
func TestAListOfSecretsInOneTextIsHidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet
		o.MaxKeyLoss = -1
		m := memory.New("vars.env", []byte("tokens=canary-1111,canary-2222"))
		cfg, err := nacre.OpenWith[listConfig](t.Context(), o, m)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		nacre.Subscribe(cfg, func(c *listConfig) int { return len(c.Tokens) }, func(_ context.Context, ch nacre.Change[int]) error {
			return fmt.Errorf("cannot use %s", cfg.Get().Tokens[ch.New-1].Reveal())
		})
		m.Set([]byte("tokens=canary-3333"))
		settle()
		var all strings.Builder
		for _, key := range []string{"tokens", "tokens[0]", "tokens[1]"} {
			x, _ := cfg.Explain(key)
			fmt.Fprintf(&all, "%+v\n%s\n", x, x)
		}
		fmt.Fprintf(&all, "%+v\n%+v\n%+v", cfg.ExplainAll(), cfg.History(), cfg.Health())
		if strings.Contains(all.String(), "canary") {
			t.Errorf("a secret is shown:\n%s", all.String())
		}
		if !strings.Contains(all.String(), "cannot use ******") {
			t.Errorf("the error of the subscriber is lost:\n%s", all.String())
		}
	})
}
