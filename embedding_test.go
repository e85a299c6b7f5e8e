package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// compared has fields of all kinds that a document's editor could compare a secret with.
type compared struct {
	Wait   time.Duration   `config:"wait" validate:"lte=5000ns"`
	Number int             `config:"number"`
	Flag   bool            `config:"flag"`
	Level  slog.Level      `config:"level"`
	Short  string          `config:"short" validate:"max=6"`
	Token  nacre.Secret    `config:"token" validate:"omitempty,len=8"`
	Tagged int             `config:"tagged" secret:"true" validate:"lte=50000"`
	OneOf  string          `config:"one_of" validate:"omitempty,oneof=a1234 b"`
	Waits  []time.Duration `config:"waits" validate:"dive,lte=5000ns"`
	Names  []string        `config:"names" validate:"dive,max=6"`
	Many   []string        `config:"many" validate:"max=1"`
	Below  string          `config:"below" validate:"omitempty,ltfield=Above"`
	Above  string          `config:"above"`
	Within string          `config:"within" validate:"omitempty,fieldcontains=Part"`
	Part   string          `config:"part"`
	Sub    struct {
		Min int `config:"min"`
		Max int `config:"max" validate:"omitempty,gtcsfield=Sub.Min"`
	} `config:"sub"`
	Sized map[string]nacreSize `config:"sized"`

	Distinct []string          `config:"distinct" validate:"unique"`
	ByName   map[string]string `config:"by_name" validate:"unique"`
	Any2     any               `config:"any2" validate:"omitempty,unique"`
	Users    []pinnedUser      `config:"users" validate:"unique=PIN"`
	Whole    []pinnedUser      `config:"whole" validate:"unique"`
	Confirm  []struct {
		PIN   string `config:"pin"`
		Again string `config:"again" validate:"eqfield=PIN"`
	} `config:"confirm"`
	Guesses []string            `config:"guesses" validate:"dive,nefield=Guarded"`
	Guarded string              `config:"guarded"`
	Maps    []map[string]string `config:"maps" validate:"dive,dive,required"`
	Counts  []map[string]int    `config:"counts"`

	DSN    string            `config:"dsn" validate:"omitempty,url"`
	URL    url.URL           `config:"url"`
	Free   nacre.Secret      `config:"free" validate:"required_with=DSN"`
	Texts  []string          `config:"texts"`
	Labels map[string]string `config:"labels" validate:"omitempty,dive,required"`
	Any    any               `config:"any"`
	Hidden string            `config:"hidden" secret:"true"`
	Bound  int               `config:"bound" validate:"lte=99999"`
}

type nacreSize = int64

type pinnedUser struct {
	Name string `config:"name"`
	PIN  string `config:"pin"`
}

// embedding opens a config of a document that may refer to one secret, and returns what an editor
// of the document can see of it.
func embedding(t *testing.T, text, secret string, options ...nacre.LayerOption) (*compared, error) {
	t.Helper()
	options = append(options, nacre.Resolve("vault", func(context.Context, string) (string, error) { return secret, nil }))
	name := "config.yaml"
	if strings.HasPrefix(text, "#") {
		name = "config.properties" // in which the types of values are not written
	}
	cfg, err := nacre.OpenWith[compared](t.Context(), quiet, nacre.Layer(memory.New(name, []byte(text)), options...))
	if err != nil {
		return nil, err
	}
	defer cfg.Close()
	return cfg.Get(), nil
}

// Whoever may edit a document must not find a secret by halves: what nacre says of a value that a
// reference is a part of must not depend on what the reference stands for.
func TestASecretCannotBeSearchedByEmbeddingIt(t *testing.T) {
	t.Parallel()
	secrets := []string{"0001", "1", "4999", "5001", "99999999", "z", "aaaaaaaaaaaa", "true"}
	for _, text := range []string{
		"wait: ${vault:pin}ns", "wait: 1${vault:pin}ns", "wait: ${vault:pin}${vault:pin}", "number: '1${vault:pin}'", "number: '${vault:pin}0'",
		"number: '0x${vault:pin}'", "flag: 't${vault:pin}'", "level: INFO+${vault:pin}", "short: aaa${vault:pin}", "token: aaaa${vault:pin}", "tagged: '1${vault:pin}'",
		"one_of: a${vault:pin}", "waits: [1ns, '${vault:pin}ns']", "waits: 1ns,${vault:pin}ns", "names: [x, 'aaa${vault:pin}']", "many: ['x${vault:pin}', 'x${vault:pin}']",
		"sized: {a: '1${vault:pin}'}", "wait: $${x}${vault:pin}ns", "wait: '${vault:pin} '",
		"#\nnumber=1${vault:pin}", "#\nnumber=${vault:pin}0", "#\nsub.max=1${vault:pin}\nsub.min=5", "#\nflag=t${vault:pin}", "#\nwaits=1ns,${vault:pin}ns",
		// the whole value, compared with another key of the document
		"below: ${vault:pin}\nabove: '5000'", "below: '5000'\nabove: ${vault:pin}", "below: ${vault:pin}\nabove: '4'",
		"within: ${vault:pin}\npart: '49'", "within: '4999'\npart: '${vault:pin}'", "sub: {min: 5000, max: '${vault:pin}'}", "sub: {min: '${vault:pin}', max: 5000}",
		// a list of guesses
		"distinct: ['4998', '4999', '${vault:pin}']", "by_name: {a: '4999', b: '${vault:pin}'}", "any2: ['4999', '${vault:pin}']",
		"users: [{pin: '4999'}, {pin: '${vault:pin}'}]", "whole: [{pin: '4999'}, {pin: '${vault:pin}'}]", "#\ndistinct=4999,${vault:pin}",
		"confirm: [{pin: '4998', again: '${vault:pin}'}, {pin: '4999', again: '${vault:pin}'}]", "confirm: [{pin: '${vault:pin}', again: '4999'}]",
		"guesses: ['4998', '4999']\nguarded: '${vault:pin}'", "guesses: ['${vault:pin}']\nguarded: '4999'",
		// a map's keys, which problems show
		"#\nmaps=${vault:pin}=", "#\nmaps=4999=1\\\\,${vault:pin}=1", "#\ncounts=${vault:pin}=x", "#\ncounts=${vault:pin}",
	} {
		seen := map[string]string{}
		for _, secret := range secrets {
			_, err := embedding(t, text, secret)
			seen[fmt.Sprint(err)] = secret
			if err == nil || !strings.Contains(err.Error(), "AllowEmbedding") || !strings.Contains(err.Error(), "config.") || source.KindOf(err) != source.Invalid {
				t.Errorf("%q: the error is %v, want one of kind Invalid with the place and the way out", text, err)
			}
			if err != nil && (strings.Contains(err.Error(), secret+"\"") || strings.Contains(err.Error(), "."+secret+":")) {
				t.Errorf("%q: the error tells the secret: %v", text, err)
			}
		}
		if len(seen) > 1 {
			t.Errorf("%q: what an editor sees depends on the secret:\n%q", text, seen)
		}
	}
}

// A reference in a connection string, or in place of a whole value, is what references are for.
func TestReferencesThatAreNoSearch(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"dsn: 'pg://u:${vault:pin}@db'\nfree: a${vault:pin}": "pg://u:1234@db",
		"url: 'pg://u:${vault:pin}@db'":                      "1234@db",
		"texts: ['a${vault:pin}', b]":                        "a1234",
		"#\ntexts=a${vault:pin},b":                           "a1234",
		"labels: {x: 'a${vault:pin}'}":                       "a1234",
		"any: {x: ['a${vault:pin}']}":                        "a1234",
		"hidden: a${vault:pin}b":                             "a1234b",
		"#\nbound=${vault:pin}":                              "1234",
		"short: ${vault:pin}":                                "1234",
		"#\ndistinct=${vault:pin}":                           "1234",
		"users: [{name: '${vault:pin}'}]":                    "1234",
		"maps: [{x: '${vault:pin}'}]":                        "1234",
		"guesses: [a]\nguarded: b\nhidden: ${vault:pin}":     "1234",
		"#\ntagged=${vault:pin}":                             "1234",
	} {
		got, err := embedding(t, text, "1234")
		if err != nil || !strings.Contains(fmt.Sprintf("%+v", *got), want) && !strings.Contains(got.URL.String(), want) {
			t.Errorf("%q: %+v, %v, want %s", text, got, err, want)
		}
	}
	// What is no secret may be embedded where the service says so, scheme by scheme.
	if got, err := embedding(t, "wait: ${vault:n}ns\nbelow: ${vault:n}\nabove: '123456'", "1234", nacre.AllowEmbedding("vault")); err != nil || got.Wait != 1234 {
		t.Errorf("with AllowEmbedding: %+v, %v", got, err)
	}
	other := nacre.Resolve("other", func(context.Context, string) (string, error) { return "1", nil })
	if _, err := embedding(t, "wait: ${other:n}${vault:n}ns", "1234", nacre.AllowEmbedding("other"), other); err == nil {
		t.Error("AllowEmbedding of one scheme allows another")
	}
	if got, err := embedding(t, "wait: ${other:n}5ns\ndsn: ''", "1234", other, nacre.AllowEmbedding("other")); err != nil || got.Wait != 15 {
		t.Errorf("AllowEmbedding before or after the resolver: %v, %v", got, err)
	}
}

// A resolver is not even asked for a reference that may not stand where it does, and a change with
// one leaves what is live.
func TestAReferenceThatIsRefusedIsNotResolved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		m := memory.New("config.yaml", []byte("bound: 1"))
		cfg, err := nacre.OpenWith[compared](t.Context(), quiet, nacre.Layer(m, nacre.Resolve("vault", func(context.Context, string) (string, error) {
			asked++
			return "", errors.New("not to be asked")
		})))
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		m.Set([]byte("bound: 2\nwait: ${vault:pin}ns"))
		settle()
		h := cfg.Health().Layers[0]
		if asked != 0 || cfg.Get().Bound != 1 || len(h.Rejected) != 1 || !strings.Contains(h.Rejected[0], "config.yaml:2:7 wait: ") {
			t.Errorf("asked %d times, live is %d, rejected %q", asked, cfg.Get().Bound, h.Rejected)
		}
	})
}

// A value that a reference gave is a secret, whatever field takes it.
func TestWhatAReferenceGaveIsASecret(t *testing.T) {
	t.Parallel()
	type ruled struct {
		Mode string `config:"mode" validate:"omitempty,ne=b"`
		Cert string `config:"cert" validate:"required_if=Mode canary-mode"`
	}
	for text, secret := range map[string]string{"mode: ${vault:mode}": "canary-mode"} {
		_, err := nacre.OpenWith[ruled](t.Context(), quiet, nacre.Layer(memory.New("config.yaml", []byte(text)), nacre.Resolve("vault", func(context.Context, string) (string, error) {
			return secret, nil
		})))
		if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "cert") {
			t.Errorf("%q: the error is %v, want one without the value of the reference", text, err)
		}
	}
	cfg, err := nacre.OpenWith[ruled](t.Context(), quiet, nacre.Layer(memory.New("config.yaml", []byte("mode: ${vault:mode}\ncert: x")), nacre.Resolve("vault", func(context.Context, string) (string, error) {
		return "canary-mode", nil
	})))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	if x, err := cfg.Explain("mode"); err != nil || !x.Secret || x.Value != `"${vault:mode}"` {
		t.Errorf("Explain says %+v, %v; want a secret, and its reference", x, err)
	}
	if x, err := cfg.Explain("cert"); err != nil || x.Secret {
		t.Errorf("Explain says %+v, %v; want no secret", x, err)
	}
}

// Embedding is a struct, so that its keys stand in the map of the struct around it.
type Embedding struct {
	Floor int `config:"floor"`
}

// knotted names fields in every way in which a rule can, and contains itself.
type knotted struct {
	Embedding
	Top    int                 `config:"top" validate:"gtfield=Embedding.Floor"`
	Bottom int                 `config:"bottom" validate:"ltfield=Floor"`
	Peers  []knotted           `config:"peers"`
	Named  map[string]*knotted `config:"named" validate:"dive"`
	First  int                 `config:"first" validate:"gtfield=Peers[0].Sole"`
	Sole   int                 `config:"sole"`
	Root   int                 `config:"root" validate:"omitempty,gtcsfield=Whole"`
	Whole  int                 `config:"whole"`
	Loose  int                 `config:"loose" validate:"gte=1|lte=3"`
}

// TestWhatIsCompared holds that a reference is refused in both fields that a rule compares,
// wherever they stand, and in no other.
func TestWhatIsCompared(t *testing.T) {
	t.Parallel()
	resolve := nacre.Resolve("x", func(context.Context, string) (string, error) { return "1", nil })
	for key, compared := range map[string]bool{
		"floor": true, "top": true, "bottom": true, "first": true, "sole": true, "root": true, "whole": true, "loose": false, "none": false,
	} {
		for _, form := range []string{"%s: '${x:y}'", "peers: [{%s: '${x:y}'}]", "named: {a: {%s: '${x:y}'}}", "named: {a: {peers: [{%s: '${x:y}'}]}}"} {
			text := fmt.Sprintf(form, key)
			_, err := nacre.CheckWith[knotted](t.Context(), quiet, nacre.Layer(memory.New("config.yaml", []byte(text)), resolve))
			if refused := err != nil && strings.Contains(err.Error(), "AllowEmbedding"); refused != compared {
				t.Errorf("%s: refused for the comparison: %v, want %v: %v", text, refused, compared, err)
			}
		}
	}
}
