package validation_test

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-playground/validator/v10"

	"github.com/nacre-go/nacre/validate"
)

const canary = "Canary0815 ü\x01"

// spoiled says how to break a rule that the canary alone does not break, or that needs a parameter.
var spoiled = map[string]struct {
	param string
	value any
	other any // of the field O
}{
	"required":      {value: ""},
	"required_if":   {"O x", "", "x"},
	"skip_unless":   {"O x", "", "x"},
	"excluded_if":   {"O x", canary, "x"},
	"required_with": {"O", "", "x"}, "required_with_all": {"O", "", "x"}, "required_without": {"O", "", ""}, "required_without_all": {"O", "", ""},
	"required_unless": {"O y", "", "x"}, "excluded_unless": {"O y", canary, "x"},
	"excluded_with": {"O", canary, "x"}, "excluded_with_all": {"O", canary, "x"}, "excluded_without": {"O", canary, ""}, "excluded_without_all": {"O", canary, ""},
	"min": {param: "100"}, "gte": {param: "100"}, "gt": {param: "100"}, "max": {param: "1"}, "lte": {param: "1"}, "lt": {param: "1"}, "len": {param: "3"},
	"eq": {param: "x"}, "eq_ignore_case": {param: "x"}, "ne": {"x", "x", nil}, "ne_ignore_case": {"x", "X", nil},
	"oneof": {param: "a b"}, "oneofci": {param: "a b"}, "noneof": {"a b", "a", nil}, "noneofci": {"a b", "A", nil},
	"unique":  {value: []string{canary, canary}},
	"eqfield": {"O", canary, "x"}, "eqcsfield": {"O", canary, "x"}, "nefield": {"O", canary, canary}, "necsfield": {"O", canary, canary},
	"gtfield": {"O", canary, canary + "x"}, "gtcsfield": {"O", canary, canary + "x"}, "gtefield": {"O", canary, canary + "x"}, "gtecsfield": {"O", canary, canary + "x"},
	"ltfield": {"O", canary, "x"}, "ltcsfield": {"O", canary, "A"}, "ltefield": {"O", canary, "x"}, "ltecsfield": {"O", canary, "A"},
	"port": {value: 70000}, "iso4217_numeric": {value: 7},
	"fieldcontains": {"O", canary, "x"}, "fieldexcludes": {"O", canary, canary},
	"multibyte": {value: "canary"}, "lowercase": {value: canary}, "uppercase": {value: canary},
	"contains": {param: "x"}, "containsany": {param: "x"}, "containsrune": {param: "x"}, "startswith": {param: "x"}, "endswith": {param: "x"},
	"excludes": {"x", canary + "x", nil}, "excludesall": {"x", canary + "x", nil}, "excludesrune": {"x", canary + "x", nil},
	"startsnotwith": {"x", "x" + canary, nil}, "endsnotwith": {"x", canary + "x", nil},
	"datetime": {param: "2006"}, "postcode_iso3166_alpha2": {param: "DE"}, "postcode_iso3166_alpha2_field": {"O", canary, "DE"},
	"unix_addr": {value: 3}, "validateFn": {param: "Refuse", value: refusing(canary)}, "dirpath": {value: ""}, "filepath": {value: ""},
	"html": {value: "canary"}, "html_encoded": {value: "canary"}, "url_encoded": {value: "canary %zz"},
}

type refusing string

func (refusing) Refuse() bool { return false }

// cannotFail are the rules that hold for whatever can be tried here.
var cannotFail = map[string]bool{"unix_addr": true, "url_encoded": true}

// asksNetwork are the rules that would look up a name.
var asksNetwork = map[string]bool{
	"tcp_addr": true, "tcp4_addr": true, "tcp6_addr": true, "udp_addr": true, "udp4_addr": true, "udp6_addr": true,
	"ip_addr": true, "ip4_addr": true, "ip6_addr": true,
}

// TestEveryTagHasWords goes through all that this version of validator has, so that a new one is
// not forgotten.
func TestEveryTagHasWords(t *testing.T) {
	t.Parallel()
	v := reflect.ValueOf(validator.New()).Elem()
	var tags []string
	for _, field := range []string{"validations", "aliases"} {
		for _, key := range v.FieldByName(field).MapKeys() {
			tags = append(tags, key.String())
		}
	}
	if len(tags) < 150 {
		t.Fatalf("only %d tags were found: validator keeps them elsewhere now", len(tags))
	}
	slices.Sort(tags)
	for _, tag := range tags {
		t.Run(tag, func(t *testing.T) {
			t.Parallel()
			how := spoiled[tag]
			if how.value == nil {
				how.value = canary
				if asksNetwork[tag] {
					how.value = "canary" // not even host:port
				}
			}
			if how.other == nil {
				how.other = ""
			}
			rule := tag
			if how.param != "" {
				rule += "=" + how.param
			}
			typ := reflect.StructOf([]reflect.StructField{
				{Name: "V", Type: reflect.TypeOf(how.value), Tag: reflect.StructTag(`config:"v" validate:"` + rule + `"`)},
				{Name: "O", Type: reflect.TypeOf(how.other), Tag: `config:"other.key"`},
			})
			value := reflect.New(typ)
			value.Elem().Field(0).Set(reflect.ValueOf(how.value))
			value.Elem().Field(1).Set(reflect.ValueOf(how.other))
			err := validate.Struct(value.Interface())
			if err == nil {
				if !cannotFail[tag] {
					t.Fatal("the rule holds, so that its words were not seen; say in spoiled how it can be broken")
				}
				return
			}
			text := err.Error()
			if !strings.HasPrefix(text, "v: must ") && !strings.HasPrefix(text, "v: is required") {
				t.Errorf("the words are %q", text)
			}
			if strings.Contains(text, "must satisfy ") && tag != "validateFn" || strings.ContainsAny(text, "{}") || strings.Contains(strings.ToLower(text), "canary") {
				t.Errorf("the words are %q: they must say what must hold, and not the value", text)
			}
			if how.other != "" && strings.Contains(rule, "=O") && !strings.Contains(text, `"other.key"`) && !strings.HasPrefix(tag, "postcode") {
				t.Errorf("the words are %q: they must name the other field by its key", text)
			}
		})
	}
}

func TestWordsByKind(t *testing.T) {
	t.Parallel()
	type config struct {
		Number   int            `config:"number" validate:"min=3"`
		Float    float64        `config:"float" validate:"gt=0.5"`
		Text     string         `config:"text" validate:"min=3"`
		List     []int          `config:"list" validate:"min=3"`
		Map      map[string]int `config:"map" validate:"len=1"`
		Past     time.Time      `config:"past" validate:"gt"`
		Duration time.Duration  `config:"duration" validate:"min=90s"`
		Bare     time.Duration  `config:"bare" validate:"min=1000000"`
		Quoted   string         `config:"quoted" validate:"oneof='new york' london"`
		Comma    string         `config:"comma" validate:"oneof=a0x2Cb c"`
		Hidden   secret         `config:"hidden"`
		When     string         `config:"when" validate:"required_if=Hidden canary Number 0"`
		Uint     *uint          `config:"uint" validate:"required"`
		Inner    struct {
			Max int `config:"max" validate:"gtcsfield=Number,eqcsfield=Deep.Low"`
		} `config:"inner"`
		Deep struct {
			Low int `config:"low.est"`
		} `config:"deep"`
	}
	v := config{Hidden: secret{"canary"}}
	want := `number: must be at least 3
float: must be more than 0.5
text: must have at least 3 characters
list: must have at least 3 items
map: must have 1 items
past: must be in the future
duration: must be at least 90s
bare: must be at least 1ms
quoted: must be one of: new york, london
comma: must be one of: a,b, c
when: is required when hidden has the value that the rule names and number is 0
uint: is required
inner.max: must be more than number`
	if got := validate.Struct(v); got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
}

// tagged returns structs that have a field of different types with a tag.
func tagged(tag string) []any {
	var out []any
	quoted := reflect.StructTag("validate:" + strconv.Quote(tag))
	for _, value := range []any{"", "x", 0, 3, true, []string{"x"}, map[string]int{"x": 1}, new("x"), time.Second, secret{"x"}, host{}, []host{{}}, (*host)(nil), level(1), 1.5} {
		v := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "V", Type: reflect.TypeOf(value), Tag: quoted}}))
		v.Elem().Field(0).Set(reflect.ValueOf(value))
		out = append(out, v.Interface())
	}
	return out
}
