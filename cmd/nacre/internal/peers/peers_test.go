package peers_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/peers"
)

// member returns an instance of orders by words such as "a id=1 host=h struct=s".
func member(words string) peers.Instance {
	fields := strings.Fields(words)
	i := peers.Instance{Address: fields[0], Service: "orders", Process: fields[0], Struct: "s1-a"}
	for _, f := range fields[1:] {
		name, value, _ := strings.Cut(f, "=")
		switch name {
		case "id":
			i.ID = value
		case "host":
			i.Host = value
		case "struct":
			i.Struct = value
		case "version":
			i.Version = value
		case "service":
			i.Service = value
		case "process":
			i.Process = value
		}
	}
	return i
}

func TestFind(t *testing.T) {
	t.Parallel()
	const fix = "; give each an ID of its own, or none (nacos.Config.InstanceID, NACOS_INSTANCE_ID)"
	for name, c := range map[string]struct{ of, want []string }{
		"nothing":                      {nil, nil},
		"one":                          {[]string{"a id=1"}, nil},
		"all alike":                    {[]string{"a id=1", "b id=2", "c id=3"}, nil},
		"without IDs":                  {[]string{"a", "b"}, nil},
		"a shared ID":                  {[]string{"a id=1", "b id=2", "c id=1"}, []string{"2 instances of orders share the ID 1: a, c" + fix}},
		"two shared IDs":               {[]string{"a id=2", "b id=1", "c id=1", "d id=2"}, []string{"2 instances of orders share the ID 1: b, c" + fix, "2 instances of orders share the ID 2: a, d" + fix}},
		"an ID in two services":        {[]string{"a id=1", "b id=1 service=users"}, nil},
		"one process, asked twice":     {[]string{"a id=1 process=p", "b id=1 process=p"}, nil},
		"processes without a name":     {[]string{"a id=1 process=", "b id=1 process= struct=s1-b"}, nil},
		"processes of a host":          {[]string{"a id=web host=web", "b id=web host=web"}, []string{"2 instances of orders share the ID web: a, b; it is the name of their host; give each an ID of its own (nacos.Config.InstanceID, NACOS_INSTANCE_ID)"}},
		"the host of one of them":      {[]string{"a id=web host=web", "b id=web host=db"}, []string{"2 instances of orders share the ID web: a, b" + fix}},
		"another struct":               {[]string{"a id=1", "b id=2", "c id=3 struct=s1-0"}, []string{"1 of 3 instances of orders binds another struct: c (3); this is normal while a deploy runs"}},
		"two of five":                  {[]string{"a", "b", "c id=3 struct=s1-0 version=v2", "d struct=s1-0 version=v2", "e version=v1"}, []string{"2 of 5 instances of orders bind another struct: c (3), d; they have the version v2, and the others v1; this is normal while a deploy runs"}},
		"three structs":                {[]string{"a struct=s1-c", "b struct=s1-b", "c", "d"}, []string{"2 of 4 instances of orders bind another struct: b, a; this is normal while a deploy runs"}},
		"structs of services":          {[]string{"a", "b service=users struct=s1-b"}, nil},
		"one that does not say it":     {[]string{"a", "b", "c struct="}, nil},
		"a process with two configs":   {[]string{"a process=p", "b process=p struct=s1-b", "c process=q struct=s1-b", "d process=q"}, nil},
		"a config less in one of them": {[]string{"a process=p", "b process=p struct=s1-b", "c process=q struct=s1-b"}, []string{"1 of 2 instances of orders binds another struct: c; this is normal while a deploy runs"}},
		"an unnamed service":           {[]string{"a service=", "b service= struct=s1-b"}, []string{"1 of 2 instances binds another struct: b; this is normal while a deploy runs"}},
		"both":                         {[]string{"a id=1", "b id=1", "c struct=s1-b"}, []string{"2 instances of orders share the ID 1: a, b" + fix, "1 of 3 instances of orders binds another struct: c; this is normal while a deploy runs"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var instances []peers.Instance
			for _, words := range c.of {
				instances = append(instances, member(words))
			}
			before := slices.Clone(instances)
			var got []string
			for _, f := range peers.Find(instances) {
				got = append(got, f.Text)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("it found %q, want %q", got, c.want)
			}
			if !slices.Equal(instances, before) {
				t.Errorf("it changed its argument to %+v", instances)
			}
		})
	}
}

// A fleet of 500 that shares an ID is one line.
func TestFindInALargeFleet(t *testing.T) {
	t.Parallel()
	var all []peers.Instance
	for i := range 500 {
		all = append(all, member(fmt.Sprintf("10.0.0.%03d id=orders struct=s1-%d", i, i%2)))
	}
	found := peers.Find(all)
	if len(found) != 2 || len(found[0].Instances) != 500 || len(found[1].Instances) != 250 || len(found[1].Structs) != 2 {
		t.Fatalf("it found %d things", len(found))
	}
	for _, f := range found {
		if len(f.Text) > 500 || !strings.Contains(f.Text, "10.0.0.001") || !strings.Contains(f.Text, " more") {
			t.Errorf("the text is %s", f.Text)
		}
	}
}

func TestFindingInJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(peers.Find([]peers.Instance{member("a version=v1"), member("b version=v1"), member("c struct=s1-b version=v2")}))
	const want = `[{"kind":"structs_differ","text":"1 of 3 instances of orders binds another struct: c; they have the version v2, and the others v1; this is normal while a deploy runs",` +
		`"service":"orders","instances":["c"],"structs":[{"struct":"s1-a","versions":["v1"],"instances":["a","b"]},{"struct":"s1-b","versions":["v2"],"instances":["c"]}]}]`
	if err != nil || string(text) != want {
		t.Errorf("it is %s, %v; want %s", text, err, want)
	}
}
