package validate_test

import (
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
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
