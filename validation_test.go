package nacre_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

// across has a field for each rule that compares with a field of another struct.
type across struct {
	Eq  *int `config:"eq" validate:"omitempty,eqcsfield=Top.Limits.Open"`
	Ne  *int `config:"ne" validate:"omitempty,necsfield=Top.Limits.Open"`
	Gt  *int `config:"gt" validate:"omitempty,gtcsfield=Top.Limits.Open"`
	Gte *int `config:"gte" validate:"omitempty,gtecsfield=Top.Limits.Open"`
	Lt  *int `config:"lt" validate:"omitempty,ltcsfield=Top.Limits.Open"`
	Lte *int `config:"lte" validate:"omitempty,ltecsfield=Top.Limits.Open"`
}

// beside has a field for each rule that compares with a field of the same struct, or of one below
// it.
type beside struct {
	Eq  *int    `config:"eq" validate:"omitempty,eqfield=Limits.Open"`
	Ne  *int    `config:"ne" validate:"omitempty,nefield=Limits.Open"`
	Gt  *int    `config:"gt" validate:"omitempty,gtfield=Limits.Open"`
	Gte *int    `config:"gte" validate:"omitempty,gtefield=Limits.Open"`
	Lt  *int    `config:"lt" validate:"omitempty,ltfield=Limits.Open"`
	Lte *int    `config:"lte" validate:"omitempty,ltefield=Limits.Open"`
	Top *limits `config:"limits"`

	Limits limits `config:"its_limits"`
}

type limits struct {
	Open int `config:"max_open" default:"5"`
}

type crossConfig struct {
	Top struct {
		Limits limits `config:"limits"`
	} `config:"top"`
	Sibling across `config:"sibling"`
	Deep    struct {
		Deeper struct {
			At across `config:"at"`
		} `config:"deeper"`
	} `config:"deep"`
	Pointer *across            `config:"pointer"`
	List    []across           `config:"list"`
	Map     map[string]*across `config:"map"`
	Own     beside             `config:"own"`
	Owns    []beside           `config:"owns"`
}

// TestCrossFieldRulesOfAService goes through each rule × the place of its field × a start and a
// change, from a document to the error: the rule is enforced, what is live stays, and the error
// names both keys where they stand.
func TestCrossFieldRulesOfAService(t *testing.T) {
	t.Parallel()
	rules := []struct {
		key             string
		holds, violates int
		words           string
	}{
		{"eq", 5, 4, "must be the same as "}, {"ne", 4, 5, "must not be the same as "}, {"gt", 6, 5, "must be more than "},
		{"gte", 5, 4, "must be at least "}, {"lt", 4, 5, "must be less than "}, {"lte", 5, 6, "must be at most "},
	}
	for _, place := range []struct{ name, document, key, other string }{
		{"sibling", "sibling: {%s: %d}", "sibling", "top.limits.max_open"},
		{"deeper", "deep: {deeper: {at: {%s: %d}}}", "deep.deeper.at", "top.limits.max_open"},
		{"pointer", "pointer: {%s: %d}", "pointer", "top.limits.max_open"},
		{"list", "list: [{}, {%s: %d}]", "list[1]", "top.limits.max_open"},
		{"map", "map: {a.b: {%s: %d}}", `map."a.b"`, "top.limits.max_open"},
		{"own", "own: {%s: %d}", "own", "own.its_limits.max_open"},
		{"own in a list", "owns: [{}, {%s: %d}]", "owns[1]", "owns[1].its_limits.max_open"},
	} {
		for _, rule := range rules {
			t.Run(place.name+"/"+rule.key, func(t *testing.T) {
				t.Parallel()
				want := fmt.Sprintf("%s.%s: %s%s", place.key, rule.key, rule.words, place.other)
				bad := fmt.Sprintf(place.document, rule.key, rule.violates)
				good := fmt.Sprintf(place.document, rule.key, rule.holds)
				err := opened(nacre.OpenWith[crossConfig](t.Context(), quiet, memory.New("config.yaml", []byte(bad))))
				if !errors.Is(err, source.Invalid) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "config.yaml:1:") {
					t.Errorf("%s starts a service or names other keys: %v\nwant %s", bad, err, want)
				}
				synctest.Test(t, func(t *testing.T) {
					var said []string
					o := quiet
					o.Observers = on(handlers{observe.Rejected: func(r observe.Event) { said = append(said, r.Problems.Error()) }})
					cfg, m := open[crossConfig](t, o, "{}")
					m.Set([]byte(bad))
					settle()
					if len(said) != 1 || !strings.Contains(said[0], want) || cfg.Snapshot().Version != 1 {
						t.Errorf("a change to %s is live as version %d: %q\nwant %s", bad, cfg.Snapshot().Version, said, want)
					}
					m.Set([]byte(good))
					settle()
					if len(said) != 1 || cfg.Snapshot().Version != 2 {
						t.Errorf("a change to %s is refused: %q", good, said)
					}
				})
			})
		}
	}
}

// TestNothingToCompareWith holds that a rule whose other field goes is no longer kept, says so, and
// changes nothing.
func TestNothingToCompareWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type config struct {
			Max    int     `config:"max" validate:"gtfield=Limits.Open"`
			Other  int     `config:"other" validate:"necsfield=Limits.Open"`
			Limits *limits `config:"limits"`
		}
		const want = "max: must be more than limits.max_open, but limits.max_open is not set"
		err := opened(nacre.OpenWith[config](t.Context(), quiet, memory.New("config.yaml", []byte("max: 7"))))
		if !errors.Is(err, source.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		var said []string
		o := quiet
		o.Observers = on(handlers{observe.Rejected: func(r observe.Event) { said = append(said, r.Problems.Error()) }})
		m := memory.New("config.yaml", []byte("max: 7\nother: 6\nlimits: {max_open: 5}"))
		cfg, err := nacre.OpenWith[config](t.Context(), o, nacre.Layer(m, nacre.WithoutChangeGuard()))
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		m.Set([]byte("max: 7\nother: 6"))
		settle()
		if len(said) != 1 || !strings.Contains(said[0], want) || strings.Contains(said[0], "other") || cfg.Get().Limits == nil {
			t.Errorf("the other field went, and %q was said", said)
		}
	})
}

// TestOpenRefusesRulesThatCannotBeKept holds that a rule which could never be enforced starts no
// service, and that the error has the key, the field, the rule and what to write.
func TestOpenRefusesRulesThatCannotBeKept(t *testing.T) {
	t.Parallel()
	type top struct {
		Open int `config:"max_open"`
	}
	for name, test := range map[string]struct {
		open func() error
		want []string
	}{
		"a misspelt field": {refusing[struct {
			Top  top `config:"top"`
			Idle int `config:"idle" validate:"ltecsfield=Top.Opne"`
		}](t), []string{"idle: struct.Idle: ltecsfield names Top.Opne, but there is no such field in top, which has Open"}},
		"a key": {refusing[struct {
			Top  top `config:"top"`
			Idle int `config:"idle" validate:"ltefield=top.max_open"`
		}](t), []string{"idle: struct.Idle: ltefield names top.max_open", "a rule names fields and not keys: ltefield=Top.Open"}},
		"a field outside": {refusing[struct {
			Top top `config:"top"`
			In  struct {
				Idle int `config:"idle" validate:"ltefield=Top.Open"`
			} `config:"in"`
		}](t), []string{"in.idle: struct.Idle: ltefield names Top.Open", "write ltecsfield=Top.Open"}},
		"a condition outside": {refusing[struct {
			Top top `config:"top"`
			In  []struct {
				Idle int `config:"idle" validate:"required_with=Top.Open"`
			} `config:"in"`
		}](t), []string{"in[].idle: struct.Idle: required_with names Top.Open", "a Validate method of the whole struct can read it"}},
		"a field of the same struct": {refusing[struct {
			In struct {
				Idle int `config:"idle" validate:"ltecsfield=Open"`
				Open int `config:"max_open"`
			} `config:"in"`
		}](t), []string{"in.idle: struct.Idle: ltecsfield names Open", "write the whole path from there, or ltefield for a field of the same struct"}},
		"another type": {refusing[struct {
			Idle string `config:"idle" validate:"ltefield=Open"`
			Open int    `config:"max_open"`
		}](t), []string{"idle: struct.Idle: ltefield=Open: a field of type string cannot be compared with one of type int"}},
		"an alias": {func() error {
			o := quiet
			o.Validate = []validate.Option{validate.Alias("pool", "gte=1,ltefield=Opne", "must be a size")}
			return opened(nacre.OpenWith[struct {
				Idle int `config:"idle" validate:"pool"`
				Open int `config:"max_open"`
			}](t.Context(), o, memory.New("config.yaml", []byte("{}"))))
		}, []string{"idle: struct.Idle: ltefield names Opne", "which has Idle, Open"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.open()
			for _, want := range test.want {
				if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v\nwant %s", err, want)
				}
			}
		})
	}
}

func refusing[T any](t *testing.T) func() error {
	return func() error {
		return opened(nacre.OpenWith[T](t.Context(), quiet, memory.New("config.yaml", []byte("{}"))))
	}
}

// TestAPresentValueIsNotMissing holds that what a document says is judged as what it says,
// whichever layer says it.
func TestAPresentValueIsNotMissing(t *testing.T) {
	t.Parallel()
	type config struct {
		On     bool              `config:"on" validate:"required"`
		Pool   int               `config:"pool" default:"10" validate:"required"`
		Name   string            `config:"name" validate:"required"`
		Hosts  []string          `config:"hosts" validate:"required,dive,required"`
		DSN    nacre.Secret      `config:"dsn" validate:"required"`
		Retry  *int              `config:"retry" validate:"required"`
		Labels map[string]string `config:"labels" validate:"required"`
	}
	const good = "on: true\nname: x\nhosts: [a]\ndsn: x\nretry: 0\nlabels: {}"
	for name, test := range map[string]struct {
		text string
		want string // of each problem, with its kind
	}{
		"good":                 {"{}", ""},
		"false":                {"on: false", "b.yaml:1:5 on: must not be false (invalid)"},
		"zero":                 {"pool: 0", "b.yaml:1:7 pool: must not be 0 (invalid)"},
		"empty":                {"name: ''", "b.yaml:1:7 name: must not be empty (invalid)"},
		"empty list":           {"hosts: []", ""},
		"empty item":           {"hosts: [a, '']", "b.yaml:1:12 hosts[1]: must not be empty (invalid)"},
		"secret":               {"dsn: ''", "b.yaml:1:6 dsn: must not be empty (invalid)"},
		"null":                 {"name: null", "name: is required (missing)"},
		"null, with a default": {"pool: null", ""},
		"null pointer":         {"retry: null", "retry: is required (missing)"},
		"null list":            {"hosts:", "hosts: is required (missing)"},
		"all":                  {"{on: false, name: null}", "b.yaml:1:6 on: must not be false (invalid), name: is required (missing)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := opened(nacre.OpenWith[config](t.Context(), quiet, memory.New("a.yaml", []byte(good)), memory.New("b.yaml", []byte(test.text))))
			var said []string
			for _, p := range problemsIn(err) {
				said = append(said, fmt.Sprintf("%v (%v)", p, p.Kind))
			}
			if got := strings.Join(said, ", "); got != test.want {
				t.Errorf("%s gives %v\nwant %s", test.text, err, test.want)
			}
		})
	}
}

func problemsIn(err error) source.Problems {
	var all source.Problems
	errors.As(err, &all)
	return all
}

// TestASectionsProblemsNameTheKeysOfTheWhole holds it for rules that name other fields, and for
// mistakes in tags.
func TestASectionsProblemsNameTheKeysOfTheWhole(t *testing.T) {
	t.Parallel()
	type redis struct {
		Min int `config:"min"`
		Max int `config:"max" validate:"gtefield=Min"`
		TLS struct {
			On   bool   `config:"on"`
			Cert string `config:"cert" validate:"required_if=On true"`
			Max  int    `config:"max" validate:"omitempty,ltecsfield=Max"`
		} `config:"tls"`
	}
	o := quiet
	o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[redis]("cache.redis")}
	err := opened(nacre.OpenWith[struct{}](t.Context(), o, memory.New("a.yaml", []byte("cache: {redis: {min: 3, max: 2, tls: {on: true, max: 7}}}"))))
	want := `a.yaml:1:30 cache.redis.max: must be at least cache.redis.min
a.yaml:1:54 cache.redis.tls.max: must be at most cache.redis.max
cache.redis.tls.cert: is required when cache.redis.tls.on is true`
	if got := problemsIn(err).Error(); got != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
	type wrong struct {
		Max  int `config:"max" validate:"gtefield=Mni"`
		Pool int `config:"pool" default:"x"`
	}
	cfg, _ := open[struct{}](t, reserving("cache"), "{}")
	_, err = nacre.Section[wrong](t.Context(), cfg, "cache.redis")
	for _, want := range []string{"cache.redis.max: wrong.Max: gtefield names Mni", "cache.redis.pool: "} {
		if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), want) {
			t.Errorf("a mistake in a section gives %v, want %s", err, want)
		}
	}
}
