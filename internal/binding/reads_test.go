package binding_test

import (
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/binding"
)

type readDB struct {
	Pool int
	DSN  string
}

type readBase struct {
	Region string
	Zone   string
}

type readConfig struct {
	readBase `config:",squash"`
	Name     string
	DB       readDB
	Replica  *readDB
	Cache    *readDB
	Hosts    []readDB
	Labels   map[string]string
	On       bool
	Wait     time.Duration
	At       time.Time
	IP       netip.Addr
	URL      url.URL
	Any      any
	Ratio    *float64
	Rest     map[string]any `config:",remain"`

	made string
}

func TestReads(t *testing.T) {
	t.Parallel()
	plan, err := binding.Compile[readConfig]()
	if err != nil {
		t.Fatal(err)
	}
	live := &readConfig{Name: "orders", DB: readDB{5, "x"}, Cache: &readDB{}, Hosts: []readDB{{1, "a"}}, Labels: map[string]string{"a": "b"}, made: "by a hook"}
	for what, c := range map[string]struct {
		read func(*readConfig) any
		want string
	}{
		"one key":                       {func(c *readConfig) any { return c.DB.Pool }, "db.pool"},
		"a struct":                      {func(c *readConfig) any { return c.DB }, "db"},
		"a pointer into the config":     {func(c *readConfig) any { return &c.DB }, "db"},
		"two places":                    {func(c *readConfig) any { return []any{c.Name, c.DB.DSN} }, "name db.dsn"},
		"a squashed struct":             {func(c *readConfig) any { return c.Region }, "region"},
		"a pointer that is nil":         {func(c *readConfig) any { return c.Replica }, "replica"},
		"whether a pointer is nil":      {func(c *readConfig) any { return c.Replica == nil }, "replica"},
		"a pointer that is not nil":     {func(c *readConfig) any { return c.Cache.Pool }, "cache.pool"},
		"an item, which fails if empty": {func(c *readConfig) any { return c.Hosts[0].Pool }, "hosts"},
		"the length of a list":          {func(c *readConfig) any { return len(c.Hosts) }, "hosts"},
		"an entry":                      {func(c *readConfig) any { return c.Labels["a"] }, "labels"},
		"a bool":                        {func(c *readConfig) any { return c.On }, "on"},
		"a duration":                    {func(c *readConfig) any { return c.Wait }, "wait"},
		"a time":                        {func(c *readConfig) any { return c.At }, "at"},
		"an address":                    {func(c *readConfig) any { return c.IP }, "ip"},
		"a URL":                         {func(c *readConfig) any { return c.URL.Host }, "url"},
		"a whole URL":                   {func(c *readConfig) any { return c.URL }, "url"},
		"anything":                      {func(c *readConfig) any { return c.Any }, "any"},
		"a pointer to a number":         {func(c *readConfig) any { return c.Ratio }, "ratio"},
		"the other keys":                {func(c *readConfig) any { return len(c.Rest) }, "*"},
		"nothing":                       {func(*readConfig) any { return 1 }, ""},
		"a field without a key":         {func(c *readConfig) any { return c.made }, "unknown"},
		"everything": {func(c *readConfig) any { return *c },
			"unknown"}, // the copy lacks a field without a key
	} {
		before := reflect.ValueOf(*live)
		first := c.read(live)
		keys, ok := plan.Reads(live, func(other *readConfig) (differs bool) {
			defer func() { differs = differs || recover() != nil }()
			return !reflect.DeepEqual(first, c.read(other))
		})
		var names []string
		for _, k := range keys {
			names = append(names, k.String())
		}
		got := strings.Join(names, " ")
		if !ok {
			got = "unknown"
		}
		if got != c.want {
			t.Errorf("%s: reads %q, want %q", what, got, c.want)
		}
		if !reflect.DeepEqual(before.Interface(), *live) {
			t.Fatalf("%s: the live value has changed", what)
		}
	}
}
