package nacre_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

// bounds is a struct with a Validate method, which must not see a value that is not whole.
type bounds struct {
	Low  int `config:"low"`
	High int `config:"high"`
}

func (b *bounds) Validate() error {
	if b.Low > b.High {
		return validate.Field("low", "must not be above high")
	}
	return nil
}

// ruled has rules of each kind: on a field, on another field, on presence, on a list, in a method.
type ruled struct {
	A     int      `config:"a" validate:"gte=1"`
	B     int      `config:"b"`
	C     string   `config:"c" validate:"required"`
	Max   int      `config:"max" default:"9" validate:"gtefield=Min"`
	Min   int      `config:"min" default:"1"`
	TLS   bool     `config:"tls"`
	Cert  string   `config:"cert" validate:"required_if=TLS true"`
	Key   string   `config:"key" validate:"required_without=Cert"`
	List  []int    `config:"list" validate:"max=2,unique,dive,gte=0"`
	Inner bounds   `config:"inner"`
	Pools []bounds `config:"pools"`
}

const fine = "c: x\nkey: k\n"

// Everything that is wrong is reported at once, each thing once, and nothing that is only the
// consequence of a value that could not be bound.
func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"three kinds": {fine + "a: -1\nzzz: 1\nb: x", `
			c.yaml:3:4 a: must be at least 1
			c.yaml:4:1 zzz: unknown key
			c.yaml:5:4 b: must be a whole number, not a string`},
		"a missing key beside a wrong type": {"key: k\na: x\n", `
			c.yaml:2:4 a: must be a whole number, not a string
			c: is required`},
		"not again what could not be bound": {"key: k\na: x\nc: [1]\nlist: [x, y]\n", `
			c.yaml:2:4 a: must be a whole number, not a string
			c.yaml:3:4 c: must be a string, not a list
			c.yaml:4:8 list[0]: must be a whole number, not a string
			c.yaml:4:11 list[1]: must be a whole number, not a string`},
		"not a rule that reads what could not be bound": {fine + "a: 0\nmax: 0\nmin: x\ntls: 7\ncert: {}\n", `
			c.yaml:3:4 a: must be at least 1
			c.yaml:5:6 min: must be a whole number, not a string
			c.yaml:6:6 tls: must be true or false, not a number
			c.yaml:7:7 cert: must be a string, not a map`},
		"a rule that reads what could": {"c: x\na: 1\nmax: 0\ntls: true\nb: x\n", `
			c.yaml:3:6 max: must be at least min
			c.yaml:5:4 b: must be a whole number, not a string
			cert: is required when tls is true
			key: is required when cert is missing or empty`},
		"not a method of what is not whole": {fine + "a: 1\ninner: {low: 5, high: x}\npools: [{low: 5, high: y}, {low: 7, high: 1}]\n", `
			c.yaml:4:23 inner.high: must be a whole number, not a string
			c.yaml:5:24 pools[0].high: must be a whole number, not a string
			c.yaml:5:34 pools[1].low: must not be above high`},
		"a struct that is not one": {fine + "a: 0\ninner: 5\n", `
			c.yaml:3:4 a: must be at least 1
			c.yaml:4:8 inner: must be a map, not a number`},
	} {
		for range 3 {
			_, err := nacre.Check[ruled](t.Context(), memory.New("c.yaml", []byte(test.text)))
			want := strings.ReplaceAll(strings.TrimSpace(test.want), "\n\t\t\t", "\n")
			if err == nil || err.Error() != want {
				t.Fatalf("%s: the problems are\n%v\nwant\n%s", name, err, want)
			}
		}
	}
}

// A running service reports them as well, and one without a position is not lost beside one with.
func TestAllProblemsOfARunningService(t *testing.T) {
	type config struct {
		Need  string `config:"need" validate:"required"`
		Pool  int    `config:"pool" validate:"lte=500"`
		Other int    `config:"other" validate:"ltefield=Pool"`
	}
	synctest.Test(t, func(t *testing.T) {
		var rejected []observe.Event
		observer := func(e observe.Event) {
			if e.Kind == observe.Rejected {
				rejected = append(rejected, e)
			}
		}
		low, high := memory.New("low.yaml", []byte("other: 5\npool: 6")), memory.New("high.yaml", []byte("need: x\npool: 7"))
		o := nacre.Options{Logger: slog.New(slog.DiscardHandler), Observers: []observe.Observer{observer}, MaxKeyLoss: nacre.Off}
		cfg, err := nacre.OpenWith[config](t.Context(), o, low, high)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		settle()
		for _, test := range []struct{ text, want string }{
			{"pool: 501", "high.yaml:1:7 pool: must be at most 500\nneed: is required"},
			{"pool: x\nzzz: 1", "high.yaml:1:7 pool: must be a whole number, not a string\nhigh.yaml:2:1 zzz: unknown key\nneed: is required"},
			{"pool: 1\nzzz: 1\nneed: x", "low.yaml:1:8 other: must be at most pool\nhigh.yaml:2:1 zzz: unknown key"},
		} {
			rejected = nil
			high.Set([]byte(test.text))
			settle()
			if len(rejected) != 1 || rejected[0].Problems.Error() != test.want {
				t.Errorf("%q is rejected with\n%v\nwant once\n%s", test.text, rejected, test.want)
			}
			if got := strings.Join(cfg.Health().Layers[1].Rejected, "\n"); got != test.want {
				t.Errorf("%q: Health has\n%s\nwant\n%s", test.text, got, test.want)
			}
		}
	})
}

// Where a required key is missing, the problems name each document that does not exist: the key may
// be meant to be in it.
func TestMissingKeyNamesTheAbsentFile(t *testing.T) {
	t.Parallel()
	type config struct {
		DSN  string `config:"dsn" validate:"required"`
		Pool int    `config:"pool"`
	}
	path := filepath.Join(t.TempDir(), "config.yaml")
	layers := func(text string) []source.Source {
		return []source.Source{nacre.Layer(file.New(path), nacre.AbsentOK()), memory.New("b.yaml", []byte(text))}
	}
	want := path + ": document does not exist, so it sets no key\ndsn: is required"
	if _, err := nacre.Check[config](t.Context(), layers("pool: 1")...); err == nil || err.Error() != want || !errors.Is(err, source.Missing) {
		t.Errorf("without the file, the error is\n%v\nwant\n%s", err, want)
	}
	far := fakesource.New("nacos")
	far.Put(source.Document{Name: "orders.yaml", Absent: true, Location: "prod/DEFAULT_GROUP/orders.yaml"})
	want = "orders.yaml (nacos): document does not exist, so it sets no key; the source looked at prod/DEFAULT_GROUP/orders.yaml\ndsn: is required"
	if _, err := nacre.Check[config](t.Context(), nacre.Layer(far, nacre.AbsentOK())); err == nil || err.Error() != want {
		t.Errorf("without the document, the error is\n%v\nwant\n%s", err, want)
	}
	down := fakesource.New("down")
	down.FailKind(source.NotFound)
	want = "(down): layer has no content, so it sets no key\ndsn: is required"
	if _, err := nacre.Check[config](t.Context(), nacre.Layer(down, nacre.MayBeDown())); err == nil || err.Error() != want {
		t.Errorf("without an optional layer, the error is\n%v\nwant\n%s", err, want)
	}
	if _, err := nacre.Check[config](t.Context(), layers("dsn: x\npool: y")...); err == nil || strings.Contains(err.Error(), "not exist") {
		t.Errorf("a file that is absent has nothing to do with a wrong type: %v", err)
	}
	if _, err := nacre.Check[config](t.Context(), layers("dsn: x")...); err != nil {
		t.Errorf("a file that is absent and not needed: %v", err)
	}
}

// A document that must exist hides no mistake that is one whatever the document says.
func TestAMissingDocumentHidesNoMistake(t *testing.T) {
	t.Parallel()
	type config struct {
		DSN  string `config:"dsn" validate:"required"`
		Pool int    `config:"pool" validate:"lte=10"`
	}
	for name, test := range map[string]struct {
		text       string
		want, hide []string
	}{
		"keys":           {"pol: 5\npool: 11", []string{"b.yaml:1:1 pol: unknown key"}, []string{"dsn", "at most"}}, // which the document may set
		"a broken text":  {"pool: [", []string{"b.yaml:1: "}, []string{"dsn"}},
		"nothing to say": {"pool: 11", nil, []string{"pool", "dsn"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			down := fakesource.New("far.yaml")
			down.FailKind(source.PermissionDenied)
			_, err := nacre.Check[config](t.Context(), file.New(filepath.Join(t.TempDir(), "config.yaml")), down, memory.New("b.yaml", []byte(test.text)))
			if !errors.Is(err, source.NotFound) || !errors.Is(err, source.PermissionDenied) {
				t.Fatalf("the error is %v, want those of both layers", err)
			}
			for _, part := range append(test.want, "layer config.yaml: ", "layer far.yaml: ") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q:\n%v", part, err)
				}
			}
			for _, part := range test.hide {
				if strings.Contains(err.Error(), part) {
					t.Errorf("the error says %q, which the missing document may decide:\n%v", part, err)
				}
			}
		})
	}
}

// Keys of a section, and keys that two types bind, are reported like all others.
func TestAllProblemsOfSections(t *testing.T) {
	t.Parallel()
	type redis struct {
		Addr string `config:"addr" validate:"required"`
		DB   int    `config:"db" validate:"gte=0"`
	}
	type config struct {
		Pool  int   `config:"pool" validate:"gte=1"`
		Redis redis `config:"redis"`
	}
	o := nacre.Options{Sections: []nacre.SectionDeclaration{nacre.DeclareSection[redis]("redis"), nacre.DeclareSection[redis]("cache.redis")}}
	for text, want := range map[string]string{
		"pool: 0\nredis: {db: -1}\ncache: {redis: {db: x}}": "c.yaml:1:7 pool: must be at least 1\n" +
			"c.yaml:2:13 redis.db: must be at least 0\nc.yaml:3:21 cache.redis.db: must be a whole number, not a string\n" +
			"redis.addr: is required\ncache.redis.addr: is required",
		"pool: 0\nredis: {addr: x}\ncache: 5": "c.yaml:1:7 pool: must be at least 1\n" +
			"c.yaml:3:8 cache: must be a map, because cache.redis is below it",
	} {
		if _, err := nacre.CheckWith[config](t.Context(), o, memory.New("c.yaml", []byte(text))); err == nil || err.Error() != want {
			t.Errorf("%q has the problems\n%v\nwant\n%s", text, err, want)
		}
	}
}

// interval has a rule about two keys, which can be in two documents.
type interval struct {
	Low  int `config:"low"`
	High int `config:"high"`
}

func (b interval) Validate() error {
	if b.Low > b.High {
		return errors.New("low is above high")
	}
	return nil
}

// A rule about several keys is at the place of the struct only if one document has all of it.
func TestARuleAboutTwoDocumentsHasNoPlace(t *testing.T) {
	t.Parallel()
	for want, layers := range map[string][]source.Source{
		"low is above high":             {memory.New("a.yaml", []byte("low: 2")), memory.New("b.yaml", []byte("high: 1"))},
		"a.yaml:1:1: low is above high": {memory.New("a.yaml", []byte("low: 2\nhigh: 1"))},
	} {
		if _, err := nacre.Check[interval](t.Context(), layers...); err == nil || err.Error() != want {
			t.Errorf("the problem is %v, want %s", err, want)
		}
	}
}
