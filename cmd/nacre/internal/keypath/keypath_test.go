package keypath_test

import (
	"fmt"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/keypath"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"":               "[]",
		"db.pool":        "[db pool]",
		"hosts[2].port":  "[hosts [2] port]",
		`labels."a.b"`:   `[labels "a.b"]`,
		`"a\"b".c`:       `["a\"b" c]`,
		`"open`:          `["open]`,
		"a[1":            "[a [1]",
		`labels."a[0]"x`: `[labels "a[0]" x]`,
	} {
		if got := fmt.Sprint(keypath.Split(path)); got != want {
			t.Errorf("%s has the parts %s, want %s", path, got, want)
		}
	}
}

func TestRelated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"db", "db.pool", true}, {"db.pool", "db", true}, {"db.pool", "db.pool", true}, {"db.pool", "db.dsn", false},
		{"hosts", "hosts[2].port", true}, {"hosts[].port", "hosts[2].port", true}, {"hosts[].port", "hosts[2].name", false},
		{"labels.*", `labels."a.b"`, true}, {"labels.*", "labels[0]", false}, {"*", "redis.addr", true}, {"", "db", false}, {"d", "db", false},
	} {
		if got := keypath.Related(c.pattern, c.path); got != c.want {
			t.Errorf("%q and %q are related: %v, want %v", c.pattern, c.path, got, c.want)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(`a."b\`)
	f.Fuzz(func(t *testing.T, path string) {
		for _, part := range keypath.Split(path) {
			if part == "" {
				t.Errorf("%q has an empty part", path)
			}
		}
	})
}
