package tree_test

import (
	"slices"
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
)

func TestPathString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]tree.Path{
		"":                     nil,
		"db.pool":              {"db", "pool"},
		"hosts[2].port":        {"hosts", "[2]", "port"},
		`labels."app.io/name"`: {"labels", "app.io/name"},
		`""."a b"`:             {"", "a b"},
		`"[0]".x`:              {"[0]", "x"},
		`a."[x]"`:              {"a", "[x]"},
		`"a\x1b[31mb"`:         {"a\x1b[31mb"},
		`"a\"b"`:               {`a"b`},
		`"a["."b]"`:            {"a[", "b]"},
		"Größe":                {"Größe"},
		`m[0][1]`:              {"m", "[0]", "[1]"},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q is written %s, want %s", []string(p), got, want)
		}
		back, ok := tree.ParsePath(want)
		if !ok || !slices.Equal(back, p) {
			t.Errorf("%s is read as %q, want %q", want, []string(back), []string(p))
		}
	}
	for _, bad := range []string{".", "a.", ".a", "a..b", `"a`, `a"b`, "a[", "a[x]", "a[-1]", "a]", "a[1]b", `"a"b`, "[0]", `a."b`} {
		if p, ok := tree.ParsePath(bad); ok {
			t.Errorf("%s is read as %q, though it is no path", bad, []string(p))
		}
	}
}

func TestJoinDoesNotShare(t *testing.T) {
	t.Parallel()
	base := make(tree.Path, 1, 8)
	base[0] = "a"
	x, y := base.Join("x"), base.Join("y")
	if x.String() != "a.x" || y.String() != "a.y" {
		t.Errorf("two paths of one base are %s and %s", x, y)
	}
}

func FuzzPath(f *testing.F) {
	f.Add("db", "pool", "[1]")
	f.Add("", "a.b", "\xff\x00")
	f.Add(`"`, `\`, "[01]")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		p := tree.Path{a, b, c}
		if back, ok := tree.ParsePath(p.String()); !ok || !slices.Equal(back, p) {
			t.Fatalf("%q is written %s and read as %q, %v", []string(p), p, []string(back), ok)
		}
		tree.ParsePath(a + b + c) // whatever it is, no panic
	})
}
