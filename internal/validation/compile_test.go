package validation_test

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/validation"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

func TestMistakes(t *testing.T) {
	t.Parallel()
	type inner struct {
		X string `config:"x" validate:"omitempty,canary_rule"`
	}
	type config struct {
		Undefined string           `config:"undefined" validate:"requird"`
		Later     string           `config:"later" validate:"omitempty,undefined2"`
		Param     int              `config:"param" validate:"omitempty,gte=abc"`
		Second    int              `config:"second" validate:"required,lte=abc"`
		Kind      bool             `config:"kind" validate:"min=3"`
		Alt       int              `config:"alt" validate:"eq=1|eq=x"`
		Duration  time.Duration    `config:"duration" validate:"min=10 parsecs"`
		Level     level            `config:"level" validate:"gte=canary"`
		Dive      int              `config:"dive" validate:"dive,required"`
		Keys      []int            `config:"keys" validate:"keys,required,endkeys"`
		Field     int              `config:"field" validate:"gtfield=Nowhere"`
		With      int              `config:"with" validate:"required_with=Field Nowhere"`
		If        int              `config:"if" validate:"required_if=Nowhere 1"`
		Odd       int              `config:"odd" validate:"required_if=Field"`
		Cross     int              `config:"cross" validate:"eqcsfield=Inner.Y"`
		Fine      string           `config:"fine" validate:"eqcsfield=Inner.X|required_if=Field 1"`
		Elem      []string         `config:"elem" validate:"dive,gte=x"`
		Key       map[string]int   `config:"key" validate:"dive,keys,len=x,endkeys,gt=0"`
		Inner     inner            `config:"inner"`
		List      map[string]inner `config:"list"`
	}
	_, err := validation.Compile[config]()
	var problems source.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("a struct full of mistakes gives %v", err)
	}
	want := map[string]bool{}
	for f := range reflect.TypeFor[config]().Fields() {
		want[f.Tag.Get("config")] = true
	}
	for _, fine := range []string{"fine", "inner", "list"} {
		delete(want, fine)
	}
	want["inner.x"] = true
	for _, p := range problems {
		if !want[p.Key] || p.Kind != source.InvalidArgument {
			t.Errorf("kind %v: %v", p.Kind, p)
		}
		delete(want, p.Key)
	}
	if len(want) > 0 {
		t.Errorf("not told: %v\namong:\n%v", want, err)
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	t.Parallel()
	rule := func(reflect.Value, string) bool { return true }
	for name, option := range map[string]validate.Option{
		"no rule":    validate.Tag("x", nil, "must"),
		"no message": validate.Tag("x", rule, ""),
		"bad name":   validate.Tag("dive", rule, "must"),
		"bad alias":  validate.Alias("a,b", "gte=1", "must"),
		"no alias":   validate.Alias("", "gte=1", "must"),
	} {
		if _, err := validation.Compile[host](validation.Options([]validate.Option{option})...); !errors.Is(err, source.InvalidArgument) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: gives %v", name, err)
		}
	}
}

// TestCircularAliases holds that an alias which refers to itself is refused, and does not exhaust
// the stack.
func TestCircularAliases(t *testing.T) {
	t.Parallel()
	type config struct {
		A int `config:"a" validate:"a"`
	}
	for name, options := range map[string][]validate.Option{
		"itself":   {validate.Alias("a", "gte=1,a", "must")},
		"by a way": {validate.Alias("a", "gte=1|b", "must"), validate.Alias("b", "c,lte=3", "must"), validate.Alias("c", "a", "must")},
	} {
		if _, err := validation.Compile[config](validation.Options(options)...); !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), "stands for itself") {
			t.Errorf("%s: gives %v", name, err)
		}
	}
}

// careless reads itself from text, and panics.
type careless int

func (*careless) UnmarshalText([]byte) error { panic("canary") }

// TestTypesThatPanic holds that a type of the service that panics at a parameter is a mistake in
// the tag.
func TestTypesThatPanic(t *testing.T) {
	t.Parallel()
	type config struct {
		A careless `config:"a" validate:"gte=x"`
		B string   `config:"b" validate:"required_if=A x"`
	}
	_, err := validation.Compile[config]()
	if err == nil || strings.Count(err.Error(), "panicked with a string") != 2 || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
}

type judged string

func (judged) Fine() bool          { return true }
func (*judged) AlsoFine() error    { return nil }
func (judged) Takes(int) bool      { return true }
func (judged) Nothing()            {}
func (judged) Text() string        { return "" }
func (secret) FineButHidden() bool { return true }

// TestNamedMethodsAndCountries holds that validateFn and the rule on post codes name what is there.
func TestNamedMethodsAndCountries(t *testing.T) {
	t.Parallel()
	type config struct {
		*Squashed
		Fine     judged   `config:"fine" validate:"validateFn=Fine"`
		AlsoFine *judged  `config:"also_fine" validate:"omitempty,validateFn=AlsoFine"`
		Items    []judged `config:"items" validate:"dive,validateFn=Fine"`
		Code     string   `config:"code" validate:"omitempty,postcode_iso3166_alpha2_field=Country"`
		Country  string   `config:"country"`
	}
	v := config{Code: "x", Country: "DE", Items: []judged{"x"}}
	if got := checker[config](t).Check(&v, nil); got.Error() != "code: must be a post code of the country in country" {
		t.Errorf("got %v", got)
	}
	type wrong struct {
		Absent  judged `config:"absent" validate:"validateFn=Absent"`
		None    judged `config:"none" validate:"validateFn"`
		Takes   judged `config:"takes" validate:"validateFn=Takes"`
		Nothing judged `config:"nothing" validate:"validateFn=Nothing"`
		Text    judged `config:"text" validate:"validateFn=Text"`
		Hidden  secret `config:"hidden" validate:"validateFn=FineButHidden"`
		Code    string `config:"code" validate:"postcode_iso3166_alpha2_field=Land"`
		Number  string `config:"number" validate:"postcode_iso3166_alpha2_field=Fine"`
		Fine    int    `config:"fine"`
	}
	want := `absent: wrong.Absent: validateFn names Absent, but validation_test.judged has no such method
none: wrong.None: validateFn names Validate, but validation_test.judged has no such method
takes: wrong.Takes: validateFn names Takes, but that method of validation_test.judged must take nothing and return a bool or an error
nothing: wrong.Nothing: validateFn names Nothing, but that method of validation_test.judged must take nothing and return a bool or an error
text: wrong.Text: validateFn names Text, but that method of validation_test.judged must take nothing and return a bool or an error
hidden: wrong.Hidden: validateFn cannot call a method of validation_test.secret, which is checked by its text; write a Validate method of the struct
code: wrong.Code: postcode_iso3166_alpha2_field names Land, but there is no such field in wrong, which has Absent, None, Takes, Nothing, Text, Hidden, Code, Number, Fine
number: wrong.Number: postcode_iso3166_alpha2_field=Fine names a field of type int, which cannot be a country code`
	if _, err := validation.Compile[wrong](); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// TestRulesThatDoNotExist holds that a misspelt rule is reported with the one that was meant.
func TestRulesThatDoNotExist(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"requird":           "there is no rule requird, did you mean required?",
		"omitempty,ltefeld": "there is no rule ltefeld, did you mean ltefield?",
		"Required":          "there is no rule Required, did you mean required?",
		"omit_empty":        "there is no rule omit_empty, did you mean omitempty?",
		"eq=x|regoin":       "there is no rule regoin, did you mean region?",
		"gtecsfeild=V":      "there is no rule gtecsfeild, did you mean gtecsfield?",
		"something":         "there is no rule something; write one with validate.Tag",
		"required,,len=3":   "a rule between two commas or bars has no name",
	} {
		v := reflect.New(structOf("V", "v", "", tag))
		err := validate.Struct(v.Interface(), validate.Tag("region", func(reflect.Value, string) bool { return true }, "must be a region"))
		if err == nil || err.Error() != "v: struct.V: "+want {
			t.Errorf("%s gives %v, must say %s", tag, err, want)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	type config struct {
		Region string `config:"region" validate:"region"`
		Pool   int    `config:"pool" validate:"pool"`
		Even   int    `config:"even" validate:"multiple=2"`
		Panics int    `config:"panics" validate:"omitempty,panics"`
		Small  int    `config:"small" validate:"small"`
		Either string `config:"either" validate:"omitempty,ip|region|oneof=a b"`
	}
	c := checker[config](t,
		validate.Tag("region", func(v reflect.Value, _ string) bool { return v.String() == "eu" }, "must be a known region"),
		validate.Tag("multiple", func(v reflect.Value, param string) bool {
			n, err := strconv.ParseInt(param, 10, 64)
			return err == nil && v.Int()%n == 0
		}, "must be a multiple of {param}"),
		validate.Tag("panics", func(reflect.Value, string) bool { panic("canary") }, "must not panic"),
		validate.Alias("pool", "gte=1,lte=500", "must be between 1 and 500"),
		validate.Alias("small", "lte=3", "must be small"))
	v := config{Region: "canary", Pool: 501, Even: 3, Panics: 1, Small: 4, Either: "canary"}
	want := `region: must be a known region
pool: must be between 1 and 500
even: must be a multiple of 2
panics: must not panic
small: must be small
either: must be an IP address or be a known region or be one of: a, b`
	if got := c.Check(&v, nil); got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
}

// TestConcurrentSafe checks by one checker from many goroutines; the race detector is the judge.
func TestConcurrentSafe(t *testing.T) {
	t.Parallel()
	c := checker[service](t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if got := c.Check(&service{DB: db{Pool: 1}, List: []db{{Pool: -1}}}, nil); len(got) != 2 {
					t.Errorf("checkers are not safe for concurrent use: %v", got)
				}
			}
		})
	}
	group.Wait()
}
