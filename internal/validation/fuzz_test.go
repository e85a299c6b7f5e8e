package validation_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

// FuzzKeys holds that a problem below keys of any text names exactly those keys.
func FuzzKeys(f *testing.F) {
	for _, s := range [][2]string{{"a", "b"}, {"a.b", "[0]"}, {"", "]"}, {"a].Name", "a"}, {"]].[[", "ByName[x]"}, {"\x00\xff", "\""}} {
		f.Add(s[0], s[1])
	}
	type leaf struct {
		V int `config:"v" validate:"required"`
		W int `config:"w"`
	}
	type config struct {
		M map[string]map[string][]leaf `config:"m"`
	}
	c := checker[config](f)
	f.Fuzz(func(t *testing.T, a, b string) {
		v := config{M: map[string]map[string][]leaf{a: {b: {{V: 1}, {}}}}}
		want := tree.Path{"m", a, b, "[1]", "v"}.String()
		got := c.Check(&v, nil)
		if len(got) != 1 || got[0].Key != want {
			t.Fatalf("the problem is at %v, must be at %s", got, want)
		}
	})
}

// FuzzTag holds that no tag panics, neither while compiling nor while checking.
func FuzzTag(f *testing.F) {
	for _, s := range []string{"required", "min=3|max=x", "dive,keys,min=1,endkeys,required", "oneof=", "required_if=A", "eqfield=.", "len", "dive,dive", "|", ",", "=", "unique=X", "0x2C", "structonly,dive", "eqcsfield=V[0].X", "required_if=V[ 1", "ltfield=V[a].b.", "excluded_with=V V[0]", "unique=V", "required_unless='' '"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		for _, value := range tagged(tag) {
			_ = validate.Struct(value)
		}
	})
}

// FuzzNames holds that a name in a rule either leads to a field, so that the rule can be asked and
// names its key, or is refused, and that neither panics.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"Ref", "In.Ref", "List[0].Ref", "Map[a].Ref", "Map[].Ref", "List[-1].Ref", "List[99999999999999999999]", "In..Ref", "In.", ".Ref", "[0]", "List[0]Ref", "Map[a", "Ref.X", "Beside.Ref", "in.ref", "Numbers[3]", "Map[a.b].Ref"} {
		f.Add(s)
	}
	type ref struct{ Ref int }
	f.Fuzz(func(t *testing.T, name string) {
		if strings.ContainsAny(name, ",|\"\\ '\t\n=") || strings.Contains(name, "0x") || !utf8.ValidString(name) {
			return
		}
		for _, rule := range []string{"gtfield=", "gtcsfield=", "required_without="} {
			typ := structOf("V", "v", 0, rule+name, "Ref", "ref.key", 0, "", "In", "in.key", &ref{}, "", "List", "list.key", []ref(nil), "",
				"Map", "map.key", map[string]*ref(nil), "", "Numbers", "numbers.key", map[int8]int(nil), "", "*Beside", "", &Beside{}, "")
			err := validate.Struct(reflect.New(typ).Interface())
			switch {
			case err == nil: // a value that is there, in an embedded struct that is nil
				t.Errorf("%s%s holds", rule, name)
			case errors.Is(err, source.InvalidArgument):
				if !strings.Contains(err.Error(), "V: "+rule[:len(rule)-1]) && !strings.Contains(err.Error(), "V: validator:") {
					t.Errorf("%s%s is refused without the field and the rule: %v", rule, name, err)
				}
			case !strings.HasPrefix(err.Error(), "v: ") || !strings.Contains(err.Error(), `.key"`) && !strings.Contains(err.Error(), `"the.limit"`) && !strings.Contains(err.Error(), " v is") && !strings.Contains(err.Error(), "than v"):
				t.Errorf("%s%s gives %v", rule, name, err)
			}
		}
	})
}
