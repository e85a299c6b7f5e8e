package env_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/source"
)

func TestVariable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dsn")
	write(t, path, "from-file\n")
	dsn := env.Variable("DATABASE_URL", "db.dsn")
	set := environ.Variable{Key: "db.dsn", Name: "DATABASE_URL", Value: "x", Path: true}
	unset := environ.Variable{Key: "db.dsn", Name: "DATABASE_URL", Path: true, Unset: true}
	own := environ.Variable{Key: "A", Name: "APP_A", Value: "1"}
	for _, c := range []struct {
		name, prefix string
		opts         []env.Option
		vars         []string
		want         []environ.Variable
	}{
		{"set", "APP", []env.Option{dsn}, []string{"DATABASE_URL=x", "APP_A=1", "DATABASE_OTHER=y"}, []environ.Variable{own, set}},
		{"empty", "APP", []env.Option{dsn}, []string{"DATABASE_URL="}, []environ.Variable{{Key: "db.dsn", Name: "DATABASE_URL", Path: true}}},
		{"not set", "APP", []env.Option{dsn}, []string{"APP_A=1"}, []environ.Variable{own, unset}},
		{"another case", "APP", []env.Option{dsn}, []string{"database_url=x"}, []environ.Variable{unset}},
		{"with the prefix", "APP", []env.Option{env.Variable("APP_A", "a.b")}, []string{"APP_A=1"}, []environ.Variable{{Key: "a.b", Name: "APP_A", Value: "1", Path: true}}},
		{"of the whole environment", "", []env.Option{dsn}, []string{"DATABASE_URL=x", "APP_A=1"},
			[]environ.Variable{{Key: "APP_A", Name: "APP_A", Value: "1"}, set}},
		{"alone", "", []env.Option{env.Ignore("*"), dsn}, []string{"DATABASE_URL=x", "APP_A=1"}, []environ.Variable{set}},
		{"beside only", "APP", []env.Option{env.Only("APP_A"), dsn}, []string{"DATABASE_URL=x", "APP_A=1", "APP_B=1"},
			[]environ.Variable{{Key: "A", Name: "APP_A", Value: "1", Named: true}, set}},
		{"two keys", "APP", []env.Option{dsn, env.Variable("DATABASE_URL", "replica.dsn")}, []string{"DATABASE_URL=x"},
			[]environ.Variable{set, {Key: "replica.dsn", Name: "DATABASE_URL", Value: "x", Path: true}}},
		{"a file", "APP", []env.Option{dsn}, []string{"DATABASE_URL_FILE=" + path}, []environ.Variable{{Key: "db.dsn", Name: "DATABASE_URL_FILE", Value: "from-file", Path: true, File: true}}},
		{"a missing file", "APP", []env.Option{dsn}, []string{"DATABASE_URL_FILE=" + path + ".none"},
			[]environ.Variable{{Key: "db.dsn", Name: "DATABASE_URL_FILE", Value: "names a file that does not exist: " + path + ".none", Path: true, File: true, Fault: source.NotFound}}},
		{"without files", "APP", []env.Option{dsn, env.WithoutFiles()}, []string{"DATABASE_URL_FILE=" + path}, []environ.Variable{unset}},
		{"of Windows", "app", []env.Option{env.Variable("Database_Url", "db.dsn"), env.CaseInsensitive()}, []string{"DATABASE_URL=x"},
			[]environ.Variable{{Key: "db.dsn", Name: "Database_Url", Value: "x", Path: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, vs := read(t, env.New(c.prefix, append(c.opts, list(c.vars...))...))
			if !reflect.DeepEqual(vs, c.want) {
				t.Errorf("read %+v\nwant %+v", vs, c.want)
			}
		})
	}
}

func TestVariableMisuse(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]source.Source{
		"no name": env.New("APP", env.Variable("", "db.dsn")), "a name with =": env.New("APP", env.Variable("DATABASE_URL=cAnArY", "db.dsn")),
		"no key": env.New("APP", env.Variable("A", "")), "a key with =": env.New("APP", env.Variable("A", "a=b")),
		"a value with NUL": env.New("APP", env.Variable("A", "a"), list("A=cAnArY\x00")),
	} {
		_, err := s.Next(t.Context(), "")
		if !errors.Is(err, source.InvalidArgument) {
			t.Errorf("%s: error is %v, want an invalid argument", name, err)
		} else if strings.Contains(err.Error(), "cAnArY") {
			t.Errorf("%s: the error tells the value: %v", name, err)
		}
	}
}

// A variable that is set, or whose file changes, while the service runs is a change.
func TestVariableChanges(t *testing.T) {
	t.Parallel()
	var e environment
	s := env.New("APP", env.Environ(e.read), env.Variable("DATABASE_URL", "db.dsn"), env.PollInterval(2*time.Millisecond))
	c, err := s.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	e.set("DATABASE_URL=x")
	if c, err = s.Next(t.Context(), c.Revision); err != nil || !strings.Contains(string(c.Documents[0].Data), "=x") {
		t.Fatalf("a variable that is set later gives %v, %v", c.Documents, err)
	}
	path := filepath.Join(t.TempDir(), "dsn")
	write(t, path, "1")
	e.set("DATABASE_URL_FILE=" + path)
	if c, err = s.Next(t.Context(), c.Revision); err != nil {
		t.Fatal(err)
	}
	write(t, path, "2")
	if c, err = s.Next(t.Context(), c.Revision); err != nil || !strings.Contains(string(c.Documents[0].Data), "=2") {
		t.Fatalf("a file that changes gives %v, %v", c.Documents, err)
	}
}

func ExampleVariable() {
	s := env.New("ORDERS", env.Variable("DATABASE_URL", "db.dsn"), env.Environ(func() []string { // in a service without env.Environ
		return []string{"DATABASE_URL=postgres://db", "ORDERS_PORT=80"}
	}))
	content, _ := s.Next(context.Background(), "")
	fmt.Printf("%q\n", content.Documents[0].Data)
	// Output: "PORT<ORDERS_PORT=80\x00db.dsn<DATABASE_URL<path=postgres://db\x00"
}
