package validation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/validation"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/validate"
)

var errPool = errors.New("must be below max")

type db struct {
	Pool   int `config:"pool" validate:"gte=0"`
	Max    int `config:"max"`
	Panics bool
	Secret secret `config:"secret"`
	Key    string `config:"key" secret:"true"`
	Says   func(*db) error
}

func (d *db) Validate() error {
	if d.Panics {
		panic("canary")
	}
	if d.Says != nil {
		return d.Says(d)
	}
	if d.Pool > d.Max {
		return validate.At("pool", errPool)
	}
	return nil
}

type port int

func (p port) Validate() error {
	if p == 1 {
		return errors.New("must not be one")
	}
	return nil
}

// Common is embedded, so that its method is also that of the struct around it.
type Common struct {
	Name string `config:"name"`
}

// Validate is promoted.
func (c Common) Validate() error {
	if c.Name == "bad" {
		return validate.Field("name", "must not be bad")
	}
	return nil
}

type service struct {
	Common
	DB      db             `config:"db"`
	Pointer *db            `config:"pointer"`
	List    []db           `config:"list"`
	Map     map[string]db  `config:"map"`
	Ports   map[port]*port `config:"ports"`
	Port    port           `config:"port"`
	Off     db             `config:"off" validate:"-"`
	Next    *service       `config:"next"`
}

func TestMethods(t *testing.T) {
	t.Parallel()
	bad := db{Pool: 2, Max: 1}
	one := port(1)
	v := service{Common: Common{"bad"}, DB: bad, Pointer: &bad, List: []db{{}, bad}, Map: map[string]db{"b": bad, "a.b": bad},
		Ports: map[port]*port{7: &one, 8: nil}, Port: 1, Off: bad, Next: &service{DB: bad}}
	problems := checker[service](t).Check(&v, nil)
	want := `name: must not be bad
db.pool: must be below max
pointer.pool: must be below max
list[1].pool: must be below max
map."a.b".pool: must be below max
map.b.pool: must be below max
ports.7: must not be one
port: must not be one
next.db.pool: must be below max`
	if problems.Error() != want {
		t.Errorf("not every method was asked, or not once:\n%v\nwant:\n%s", problems, want)
	}
	if !errors.Is(problems, errPool) || !errors.Is(problems, source.Invalid) {
		t.Error("the error of a method cannot be found with errors.Is")
	}
}

func TestMethodErrors(t *testing.T) {
	t.Parallel()
	c := checker[service](t)
	hidden := "its Validate method found a problem, whose text is not shown since a secret occurs in it"
	for name, test := range map[string]struct {
		says func(*db) error
		want string
	}{
		"plain":  {func(*db) error { return errors.New("is odd") }, "db: is odd"},
		"joined": {func(*db) error { return errors.Join(errors.New("is odd"), nil, validate.Field("max", "is low")) }, "db: is odd\ndb.max: is low"},
		"nested": {func(*db) error {
			return validate.At("a", errors.Join(validate.Field(`"b.c"[1]`, "x"), validate.Field("d", "y")))
		}, "db.a.\"b.c\"[1]: x\ndb.a.d: y"},
		"wrapped":        {func(*db) error { return fmt.Errorf("db: %w", errors.Join(errPool, errPool)) }, "db: db: must be below max\nmust be below max"},
		"two wrapped":    {func(*db) error { return fmt.Errorf("%w and %w", errPool, errPool) }, "db: must be below max and must be below max"},
		"nothing":        {func(*db) error { return validate.At("pool", nil) }, ""},
		"no path":        {func(*db) error { return validate.Field(`a"[`, "x") }, `db."a\"[": x`},
		"empty":          {func(*db) error { return errors.New("") }, "db: its Validate method found a problem"},
		"secret":         {func(d *db) error { return errors.New("bad: " + d.Secret.Reveal()) }, "db: " + hidden},
		"secret quoted":  {func(d *db) error { return fmt.Errorf("bad: %q", d.Secret.Reveal()) }, "db: " + hidden},
		"tagged secret":  {func(d *db) error { return validate.Field("key", "is "+d.Key) }, "db.key: " + hidden},
		"panic":          {func(*db) error { panic("canary") }, "db: its Validate method panicked with a string"},
		"nil panic":      {func(*db) error { var none *db; none.Pool = 1; return nil }, "db: its Validate method panicked with a runtime.errorString"},
		"panic in Error": {func(*db) error { return angry{} }, "db: its Validate method panicked with a string"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := service{DB: db{Says: test.says, Secret: secret{"canary\n\""}, Key: "canary2"}}
			problems := c.Check(&v, nil)
			if problems == nil && test.want == "" {
				return
			}
			if problems.Error() != test.want && !(name == "nil panic" && strings.Contains(problems.Error(), "panicked with a runtime.")) {
				t.Errorf("got\n%v\nwant\n%s", problems, test.want)
			}
			b, _ := json.Marshal(problems)
			if shown := fmt.Sprintf("%+v %#v %s", problems, problems[0], b); strings.Contains(shown, "canary") {
				t.Errorf("a secret is shown: %s", shown)
			}
		})
	}
}

type angry struct{}

func (angry) Error() string { panic("canary") }

// TestStumble holds that a method that panics over what a tag has reported adds nothing.
func TestStumble(t *testing.T) {
	t.Parallel()
	v := service{DB: db{Pool: -1, Panics: true}}
	if got := checker[service](t).Check(&v, nil); got.Error() != "db.pool: must be at least 0" {
		t.Errorf("got %v", got)
	}
}

func TestManyProblems(t *testing.T) {
	t.Parallel()
	v := service{List: make([]db, 500)}
	for i := range v.List {
		v.List[i].Pool = 3
	}
	got := checker[service](t).Check(&v, nil)
	if len(got) != validation.MaxProblems+1 || got[validation.MaxProblems].Message != "400 more problems are not listed" {
		t.Errorf("%d problems are listed, the last is %v", len(got), got[len(got)-1])
	}
}
