package strictyaml_test

import (
	"strings"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/strictyaml"
)

type file struct {
	Name string           `yaml:"name"`
	Auth *struct{ X int } `yaml:"auth"`
	List []string         `yaml:"list"`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "",
		"# nothing":                   "",
		"name: a\nlist: [b]":          "",
		"name: a\npassword: hunter2":  "line 2: key password is unknown",
		"name: a\nauth: hunter2":      "line 2: a value has the wrong type",
		"list: 3\nauth: {x: hunter2}": "line 1: a value has the wrong type; line 2: a value has the wrong type",
		"name: hunter2\nname: b":      "line 2: a key is given twice; the first is in line 1",
		"list: [hunter2":              "line 1: is not valid YAML",
		"name: *hunter2":              "is not valid YAML",
		"a: b: hunter2":               "is not valid YAML",
		"hunter2":                     "line 1: a value has the wrong type",
	} {
		var f file
		got := ""
		if err := strictyaml.Decode([]byte(text), &f); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("Decode(%q) returns %q, want %q", text, got, want)
		}
	}
	if f := (file{}); strictyaml.Decode([]byte("name: a"), &f) != nil || f.Name != "a" {
		t.Errorf("a file is decoded to %+v", f)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("hunter2", "auth: ")
	f.Fuzz(func(t *testing.T, secret, before string) {
		if len(secret) < 6 || strings.Contains("name auth list line key value wrong type unknown valid", secret) {
			t.Skip()
		}
		var v file
		// A value stands after the key; only a key may be in the text.
		if err := strictyaml.Decode([]byte("auth: \""+strings.Map(plain, secret)+"\""), &v); err != nil && strings.Contains(err.Error(), strings.Map(plain, secret)) {
			t.Errorf("the error has the value: %v", err)
		}
		_ = strictyaml.Decode([]byte(before), &v)
	})
}

func plain(r rune) rune {
	if r < 'a' || r > 'z' {
		return 'q'
	}
	return r
}
