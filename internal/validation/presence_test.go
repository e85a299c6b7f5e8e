package validation_test

import (
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

// wanted has each rule that wants a value.
type wanted[T any] struct {
	V       T    `config:"v" validate:"required"`
	If      T    `config:"if" validate:"required_if=O 1"`
	Unless  T    `config:"unless" validate:"required_unless=O 2 P 3"`
	With    T    `config:"with" validate:"required_with=O P"`
	WithAll T    `config:"with_all" validate:"required_with_all=O"`
	Without T    `config:"without" validate:"required_without=O P"`
	None    T    `config:"none" validate:"required_without_all=P"`
	Skip    T    `config:"skip" validate:"skip_unless=O 1"`
	Short   T    `config:"short" validate:"short"`
	O       int  `config:"other"`
	P       *int `config:"p"`
}

var whens = map[string]string{
	"v": "", "if": " when other is 1", "unless": " unless other is 2 or p is 3", "with": " when other is not 0 or p is set",
	"with_all": " when other is not 0", "without": " when other is missing or 0 or p is not set", "none": " when p is not set", "skip": " when other is 1",
}

// TestRequiredAndPresent holds that a value that a document has is not said to be missing: each
// rule × type × absent, null, and the value that is as good as none.
func TestRequiredAndPresent(t *testing.T) {
	t.Parallel()
	t.Run("false", present(false, false, "must not be false"))
	t.Run("integer", present(0, int64(0), "must not be 0"))
	t.Run("unsigned", present(uint16(0), int64(0), "must not be 0"))
	t.Run("fraction", present(0.0, 0.0, "must not be 0"))
	t.Run("duration", present(time.Duration(0), "0s", "must not be 0"))
	t.Run("level", present(slog.LevelInfo, "INFO", "must not be INFO"))
	t.Run("text", present("", "", "must not be empty"))
	t.Run("secret", present(secret{}, "", "must not be empty"))
	t.Run("instant", present(time.Time{}, "0001-01-01T00:00:00Z", "must not be the zero time"))
	t.Run("struct", present(struct{ A int }{}, map[string]any{}, "must not be empty"))
	t.Run("array", present([1]int{}, []any{int64(0)}, "must not be empty"))
	t.Run("list", present([]int{}, []any{}, ""))
	t.Run("map", present(map[string]int{}, map[string]any{}, ""))
	t.Run("pointer to 0", present(new(int), int64(0), ""))
	t.Run("pointer to false", present(new(bool), false, ""))
	t.Run("pointer to empty text", present(new(string), "", ""))
}

func present[T any](zero T, says any, want string) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		c := checker[wanted[T]](t, validate.Alias("short", "required", "must be short"))
		var none T
		check := func(value T, document any) source.Problems {
			v := wanted[T]{value, value, value, value, value, value, value, value, value, 1, nil}
			if document == nil {
				return c.Check(&v, nil)
			}
			keys := map[string]any{"other": int64(1)}
			for key := range whens {
				keys[key] = document
			}
			keys["short"] = document
			return c.Check(&v, grown(t, keys))
		}
		expect := func(problems source.Problems, words string, kind source.Kind) {
			t.Helper()
			found := map[string]string{}
			for _, p := range problems {
				found[p.Key] = p.Message
				if p.Kind != kind {
					t.Errorf("%v is of kind %v, must be %v", p, p.Kind, kind)
				}
			}
			for key, when := range whens {
				if found[key] != words+when {
					t.Errorf("%s: says %q, must say %q", key, found[key], words+when)
				}
			}
			if found["short"] != "must be short" {
				t.Errorf("the words of an alias are %q", found["short"])
			}
		}
		expect(check(none, nil), "is required", source.Missing)
		expect(check(none, tree.Null), "is required", source.Missing)
		expect(c.Check(&wanted[T]{O: 1}, grown(t, map[string]any{})), "is required", source.Missing)
		if want != "" {
			expect(check(zero, says), want, source.Invalid)
		} else if problems := check(zero, says); problems != nil {
			t.Errorf("a value that is there is refused: %v", problems)
		}
	}
}

// grown makes a tree; tree.Null stands for null.
func grown(t *testing.T, keys map[string]any) *tree.Node {
	t.Helper()
	for key, v := range keys {
		if v == tree.Null {
			keys[key] = nil
		}
	}
	root, err := tree.FromPlain(&tree.Doc{}, keys)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// TestPresentInText holds that an item of a list that is one text, as in a variable, is present and
// has its position.
func TestPresentInText(t *testing.T) {
	t.Parallel()
	type config struct {
		Hosts []string          `config:"hosts" validate:"dive,required"`
		Tags  map[string]string `config:"tags" validate:"dive,required"`
	}
	doc := &tree.Doc{Layer: "env", Name: "HOSTS"}
	root := tree.NewMap(doc, 1, 1, []tree.Entry{
		{Key: "hosts", Value: tree.NewScalar(doc, 1, 7, "a,,b")},
		{Key: "tags", Value: tree.NewMap(doc, 2, 1, []tree.Entry{{Key: "x", Value: tree.NewScalar(doc, 2, 4, "")}})},
	})
	got := checker[config](t).Check(&config{Hosts: []string{"a", "", "b"}, Tags: map[string]string{"x": ""}}, root)
	want := "HOSTS:1:7 (env) hosts[1]: must not be empty\nHOSTS:2:4 (env) tags.x: must not be empty"
	if got.Error() != want || got[0].Kind != source.Invalid {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
}

// TestConditions goes through the conditions of rules on presence: when they are met, and in which
// words.
func TestConditions(t *testing.T) {
	t.Parallel()
	type tls struct {
		On   bool   `config:"on"`
		Mode string `config:"its.mode"`
	}
	for name, test := range map[string]struct {
		rule  string
		other any
		met   bool
		words string
	}{
		"true":                 {"required_if=O true", true, true, "is required when o is true"},
		"true, not":            {"required_if=O true", false, false, ""},
		"unless true":          {"required_unless=O true", false, true, "is required unless o is true"},
		"unless one of two":    {"required_unless=O a O b", "c", true, "is required unless o is a or o is b"},
		"unless, the second":   {"required_unless=O a O b", "b", false, ""},
		"below":                {"required_if=O.On true", tls{On: true}, true, "is required when o.on is true"},
		"two below":            {"required_if=O.On true O.Mode x", tls{true, "x"}, true, `is required when o.on is true and o."its.mode" is x`},
		"two below, one not":   {"required_if=O.On true O.Mode x", tls{true, "y"}, false, ""},
		"below a pointer":      {"required_if=O.On true", &tls{On: true}, true, "is required when o.on is true"},
		"below nil":            {"required_if=O.On false", (*tls)(nil), false, ""},
		"unless below nil":     {"required_unless=O.On false", (*tls)(nil), true, "is required unless o.on is false"},
		"empty text":           {"required_if=O ''", "", true, "is required when o is empty"},
		"text with a blank":    {"required_if=O 'eu west'", "eu west", true, "is required when o is eu west"},
		"nil":                  {"required_if=O nil", (*int)(nil), true, "is required when o is not set"},
		"not nil":              {"required_if=O nil", new(1), false, ""},
		"pointer":              {"required_if=O 1", new(1), true, "is required when o is 1"},
		"duration":             {"required_if=O 5s", 5 * time.Second, true, "is required when o is 5s"},
		"duration in ns":       {"required_if=O 5", 5 * time.Second, false, ""},
		"level":                {"required_if=O WARN", slog.LevelWarn, true, "is required when o is WARN"},
		"own text":             {"required_if=O mid", level(1), true, "is required when o is mid"},
		"items":                {"required_if=O 2", []int{1, 2}, true, "is required when o has 2 items"},
		"fraction":             {"required_if=O 0.5", 0.5, true, "is required when o is 0.5"},
		"small fraction":       {"required_if=O 0.1", float32(0.1), true, "is required when o is 0.1"},
		"secret":               {"required_if=O canary", secret{"canary"}, true, "is required when o has the value that the rule names"},
		"unless secret":        {"required_unless=O other", secret{"canary"}, true, "is required unless o has the value that the rule names"},
		"with true":            {"required_with=O", true, true, "is required when o is true"},
		"with false":           {"required_with=O", false, false, ""},
		"with number":          {"required_with=O", 3, true, "is required when o is not 0"},
		"with text":            {"required_with_all=O", "x", true, "is required when o is set"},
		"with a list":          {"required_with=O", []int{}, true, "is required when o is set"},
		"with a struct":        {"required_with=O", tls{On: true}, true, "is required when o is set"},
		"with a pointer to 0":  {"required_with=O", new(int), true, "is required when o is set"},
		"with a secret":        {"required_with=O", secret{"canary"}, true, "is required when o is set"},
		"without true":         {"required_without=O", false, true, "is required when o is not true"},
		"without number":       {"required_without=O", 0, true, "is required when o is missing or 0"},
		"without text":         {"required_without_all=O", "", true, "is required when o is missing or empty"},
		"without a pointer":    {"required_without=O", (*int)(nil), true, "is required when o is not set"},
		"without what is nil":  {"required_without=O.On", (*tls)(nil), true, "is required when o.on is not true"},
		"excluded":             {"excluded_if=O true", true, true, "must not be set when o is true"},
		"excluded unless":      {"excluded_unless=O a", "b", true, "must not be set unless o is a"},
		"excluded with":        {"excluded_with=O", "b", true, "must not be set when o is set"},
		"excluded without":     {"excluded_without=O", "", true, "must not be set when o is missing or empty"},
		"excluded with all":    {"excluded_with_all=O", 1, true, "must not be set when o is not 0"},
		"excluded without all": {"excluded_without_all=O", 1, false, ""},
		"skip":                 {"skip_unless=O 1", 1, true, "is required when o is 1"},
		// What can never be is refused.
		"no such field":    {"required_if=Nowhere 1", 1, false, "required_if names Nowhere, but there is no such field"},
		"none below":       {"required_with=O.Nowhere", tls{}, false, "there is no such field in tls, which has On, Mode"},
		"a key":            {"required_if=o 1", 1, false, "a rule names fields and not keys: required_if=O"},
		"a key below":      {"required_if=o.its.mode 1", tls{}, false, "required_if names o.its.mode"},
		"1 is not true":    {"required_if=O 1", true, false, `O never has that value: "1" is neither true nor false`},
		"no number":        {"required_if=O x", 1, false, "O never has that value"},
		"too big":          {"required_if=O 300", int8(1), false, "O never has that value"},
		"a struct's value": {"required_if=O 1", tls{}, false, "O never has that value"},
		"no count":         {"required_if=O a", []int{1}, false, "O never has that value"},
		"no value":         {"required_if=O", 1, false, "required_if=O must be names of fields, each with a value"},
		"no name":          {"required_with=", 1, false, "required_with= must be names of fields"},
		"twice":            {"required_if=O 1 O 2", 1, false, "required_if names O twice; a field cannot have two values"},
		"after omitempty":  {"omitempty,required_if=O 1", 1, false, "required_if is never applied after omitempty, which ends the rules of a field without a value; write it before omitempty"},
		"after omitzero":   {"omitzero,required", 1, false, "required is never applied after omitzero"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := reflect.New(structOf("V", "v", "", test.rule, "O", "o", test.other, "-"))
			v.Elem().Field(1).Set(reflect.ValueOf(test.other))
			if strings.Contains(test.rule, "excluded") {
				v.Elem().Field(0).SetString("x")
			}
			err := validate.Struct(v.Interface())
			switch {
			case test.met && (err == nil || err.Error() != "v: "+test.words):
				t.Errorf("%s gives %v, must say %q", test.rule, err, test.words)
			case !test.met && test.words == "" && err != nil:
				t.Errorf("%s is not met, and gives %v", test.rule, err)
			case !test.met && test.words != "" && (!errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "v: struct.V: ") || !strings.Contains(err.Error(), test.words)):
				t.Errorf("%s cannot be, and gives %v, must say %q", test.rule, err, test.words)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("a secret is shown: %v", err)
			}
		})
	}
}

// TestHiddenConditions holds that no message tells the value of a secret: neither that of a
// condition, nor the parameter of a rule that the secret itself breaks.
func TestHiddenConditions(t *testing.T) {
	t.Parallel()
	type creds struct {
		Mode string `config:"mode"`
		Key  string `config:"key" validate:"required_if=Mode canary"`
	}
	type config struct {
		Creds   creds            `config:"creds" secret:"true"`
		Many    map[string]creds `config:"many" secret:"true"`
		ByCreds string           `config:"by_creds" validate:"required_if=Creds.Mode canary"`
		Level   slog.Level       `config:"level" validate:"required" secret:"true"`
		Ne      secret           `config:"ne" validate:"ne=canary"`
		None    secret           `config:"none" validate:"noneof=x canary"`
		Without string           `config:"without" validate:"excludes=canary" secret:"true"`
		Starts  *secret          `config:"starts" validate:"startsnotwith=canary"`
		Items   []secret         `config:"items" validate:"dive,ne_ignore_case=canary"`
		Shown   string           `config:"shown" validate:"ne=changeme"`
	}
	it := secret{"canary"}
	v := config{Creds: creds{Mode: "canary"}, Many: map[string]creds{"a": {Mode: "canary"}}, Ne: it, None: it, Without: "a canary", Starts: &it, Items: []secret{it}, Shown: "changeme"}
	want := `creds.key: is required when creds.mode has the value that the rule names
many.a.key: is required when many.a.mode has the value that the rule names
by_creds: is required when creds.mode has the value that the rule names
level: must not be 0
ne: must not be what its rule forbids
none: must not be what its rule forbids
without: must not contain what its rule forbids
starts: must not start with what its rule forbids
items[0]: must not be what its rule forbids
shown: must not be changeme`
	got := checker[config](t).Check(&v, grown(t, map[string]any{"level": "INFO", "ne": "", "none": "", "without": "", "starts": "", "items": []any{""}, "shown": ""}))
	if got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
}

// Squashed may be nil.
type Squashed struct {
	Mode string `config:"the.mode"`
}

// TestNilSquashed holds that a pointer to a squashed struct that is nil breaks no rule that names a
// field in it.
func TestNilSquashed(t *testing.T) {
	t.Parallel()
	type config struct {
		*Squashed
		If   string `config:"if" validate:"required_if=Mode tls"`
		With string `config:"with" validate:"required_with=Mode"`
		Not  string `config:"not" validate:"required_without=Squashed.Mode"`
		All  string `config:"all" validate:"required_without=Squashed"`
		Any  string `config:"any" validate:"required_with=Squashed"`
		Rest string `config:"rest" validate:"required_with=More"`

		More map[string]any `config:",remain"`
	}
	c := checker[config](t)
	want := "all: is required when none of the keys \"the.mode\" is set"
	if got := c.Check(&config{Not: "x"}, nil); got.Error() != want {
		t.Errorf("nothing gives %v", got)
	}
	want = `if: is required when "the.mode" is tls
with: is required when "the.mode" is set
any: is required when one of the keys "the.mode" is set
rest: is required when one of the remaining keys is set`
	if got := c.Check(&config{Squashed: &Squashed{"tls"}, More: map[string]any{}}, nil); got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
}

// TestSetByDefault holds that a value which no document has, but a default, is not said to have
// been set.
func TestSetByDefault(t *testing.T) {
	t.Parallel()
	type config struct {
		Mode string `config:"mode"`
		Port int    `config:"port" default:"80" validate:"excluded_if=Mode socket"`
	}
	c := checker[config](t)
	v := config{"socket", 80}
	want := "port: must not be set when mode is socket, but has a default"
	if got := c.Check(&v, grown(t, map[string]any{"mode": "socket"})); got.Error() != want {
		t.Errorf("got %v, want %s", got, want)
	}
	want = "port: must not be set when mode is socket"
	if got := c.Check(&v, grown(t, map[string]any{"mode": "socket", "port": int64(80)})); got.Error() != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// TestRequiredWithoutAKey holds that a required squashed struct, and a map of remaining keys, say
// which keys are missing.
func TestRequiredWithoutAKey(t *testing.T) {
	t.Parallel()
	type inner struct {
		Squashed `validate:"required"`
		More     map[string]int `config:",remain" validate:"required_with=Mode"`
		Zone     struct {
			Name string `config:"name"`
			ID   string `config:"id"`
		} `config:",squash" validate:"required"`
	}
	type config struct {
		In inner `config:"in"`
	}
	c := checker[config](t)
	want := `in: must have one of the keys "the.mode"
in: must have one of the keys name, id`
	for name, root := range map[string]*tree.Node{"no documents": nil, "a document": grown(t, map[string]any{"in": map[string]any{}})} {
		got := c.Check(&config{}, root)
		if name == "a document" {
			for _, p := range got {
				p.Position = source.Position{}
			}
		}
		if got.Error() != want || got[0].Kind != source.Missing {
			t.Errorf("%s: got\n%v\nwant\n%s", name, got, want)
		}
	}
	v := config{}
	v.In.Mode, v.In.Zone.ID = "x", "x"
	want = `in: must have a key besides those of the struct when in."the.mode" is set`
	if got := c.Check(&v, nil); got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
}

// TestWhatNoLayerSets holds that a rule which does not hold for an absent key says so.
func TestWhatNoLayerSets(t *testing.T) {
	t.Parallel()
	type config struct {
		Pool  int      `config:"pool" validate:"gte=1"`
		Size  int      `config:"size" validate:"size"`
		Mode  string   `config:"mode" default:"x" validate:"oneof=a b"`
		Hosts []string `config:"hosts" default:"x" validate:"dive,min=3"`
		Min   *int     `config:"min"`
		Max   int      `config:"max" validate:"gtfield=Min"`
		Set   int      `config:"set" validate:"gte=1"`
	}
	c := checker[config](t, validate.Alias("size", "gte=1,lte=9", "must be a size"))
	got := c.Check(&config{Mode: "x", Hosts: []string{"x"}}, grown(t, map[string]any{"set": int64(0)}))
	want := `pool: must be at least 1, but is not set
size: must be a size, but is not set
mode: must be one of: a, b; no layer sets it
hosts[0]: must have at least 3 characters; no layer sets it
max: must be more than min, but min is not set
set: must be at least 1`
	if got.Error() != want {
		t.Fatalf("got\n%v\nwant\n%s", got, want)
	}
	for i, kind := range []source.Kind{source.Missing, source.Missing, source.Invalid, source.Invalid, source.Invalid, source.Invalid} {
		if got[i].Kind != kind {
			t.Errorf("%v is of kind %v, must be %v", got[i], got[i].Kind, kind)
		}
	}
}

// TestKindOfPresence holds that each rule that wants a value has the kind of what is missing, also
// by an alias, on a pointer, and beside alternatives.
func TestKindOfPresence(t *testing.T) {
	t.Parallel()
	type config struct {
		Skip    *int   `config:"skip" validate:"skip_unless=O 1"`
		Alias   string `config:"alias" validate:"needed"`
		Either  string `config:"either" validate:"required_if=O 1|eq=x"`
		Pointer *int   `config:"pointer" validate:"required_with=O"`
		O       int    `config:"o"`
	}
	c := checker[config](t, validate.Alias("needed", "required,max=9", "must have up to nine characters"))
	want := `skip: is required when o is 1
alias: must have up to nine characters
either: is required when o is 1 or be x
pointer: is required when o is not 0`
	got := c.Check(&config{O: 1}, nil)
	if got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
	for _, p := range got {
		if p.Kind != source.Missing {
			t.Errorf("%v is of kind %v", p, p.Kind)
		}
	}
	for _, p := range c.Check(&config{O: 1, Alias: "more than nine"}, nil) {
		if p.Key == "alias" && p.Kind != source.Invalid {
			t.Errorf("%v is of kind %v", p, p.Kind)
		}
	}
}

// TestUnique goes through what must differ in lists and maps.
func TestUnique(t *testing.T) {
	t.Parallel()
	type item struct {
		Name string   `config:"its.name"`
		Tags []string `config:"tags"`
	}
	one, other := item{Name: "a", Tags: []string{"x"}}, item{Name: "b", Tags: []string{"x"}}
	for name, test := range map[string]struct {
		rule string
		v    any
		want string
	}{
		"items":                {"unique", []int{1, 2, 1}, "must not have the same item twice"},
		"items that differ":    {"unique", []int{1, 2}, ""},
		"items with lists":     {"unique", []item{one, other}, ""},
		"same with lists":      {"unique", []item{one, one}, "must not have the same item twice"},
		"pointers":             {"unique", []*int{new(1), new(1)}, "must not have the same item twice"},
		"nils":                 {"unique", []*int{nil, nil}, "must not have the same item twice"},
		"values of a map":      {"unique", map[string]int{"a": 1, "b": 1}, "must not have the same item twice"},
		"secrets":              {"unique", []secret{{"canary"}, {"canary"}}, "must not have the same item twice"},
		"a field":              {"unique=Name", []item{one, one}, `must not have two items with the same "its.name"`},
		"a field that differs": {"unique=Name", []item{one, other}, ""},
		"a list in a field":    {"unique=Tags", []item{one, other}, `must not have two items with the same tags`},
		"a field in a map":     {"unique=Name", map[string]*item{"x": &one, "y": &one}, `must not have two items with the same "its.name"`},
		"differing in a map":   {"unique=Name", map[string]item{"x": one, "y": other}, ""},
		"anything":             {"unique", []any{1, "1", []any{1}, []any{1}}, "must not have the same item twice"},
		"no such field":        {"unique=Nope", []*item{}, "-"},
		"a key":                {"unique=its.name", []item{}, "-"},
		"no field of a number": {"unique=Name", []int{1}, "-"},
		"a single value":       {"unique", 5, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := reflect.New(structOf("V", "v", test.v, test.rule))
			v.Elem().Field(0).Set(reflect.ValueOf(test.v))
			err := validate.Struct(v.Interface())
			switch {
			case test.want == "-":
				if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "unique") {
					t.Errorf("%s cannot be, and gives %v", test.rule, err)
				}
			case test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != "v: "+test.want):
				t.Errorf("%s gives %v, must be %q", test.rule, err, test.want)
			}
		})
	}
}
