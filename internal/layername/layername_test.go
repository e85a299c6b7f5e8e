package layername_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/nacre-go/nacre/internal/layername"
	"github.com/nacre-go/nacre/source"
)

// place is a source that says what it is called and where it reads.
type place struct {
	name string
	at   source.Description
}

func (p place) Name() string                 { return p.name }
func (p place) Describe() source.Description { return p.at }

func (p place) Next(context.Context, source.Revision) (source.Content, error) {
	return source.Content{}, errors.ErrUnsupported
}

func nacosAt(namespace, group, id string) layername.Layer {
	name := id
	if group != "G" {
		name = group + "/" + id
	}
	return layername.Layer{Source: place{name, source.Description{
		Identity:  "nacos://secret-host:8848/" + namespace + "/" + group + "/" + id,
		Namespace: namespace, Group: group,
	}}}
}

func at(name, identity string) layername.Layer {
	return layername.Layer{Source: place{name, source.Description{Identity: identity}}}
}

func called(l layername.Layer, name string) layername.Layer { l.Name = name; return l }

func TestNamesOfLayers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 100)
	for name, test := range map[string]struct {
		layers []layername.Layer
		want   []string
	}{
		"one each":              {[]layername.Layer{at("config.yaml", ""), nacosAt("p", "G", "orders.yaml"), at("env", "")}, []string{"config.yaml", "orders.yaml", "env"}},
		"two groups":            {[]layername.Layer{nacosAt("p", "H", "a"), nacosAt("p", "G", "a")}, []string{"H/a", "a"}},
		"two namespaces":        {[]layername.Layer{nacosAt("p", "G", "a"), nacosAt("q", "G", "a")}, []string{"p/G/a", "a"}},
		"both":                  {[]layername.Layer{nacosAt("p", "H", "a"), nacosAt("q", "H", "a")}, []string{"p/H/a", "H/a"}},
		"two folders":           {[]layername.Layer{at("a", "file:///x/y/z/a"), at("a", "file:///x/y/w/a")}, []string{"z/a", "a"}},
		"the same end":          {[]layername.Layer{at("a", "file:///x/z/a"), at("a", "file:///y/z/a"), at("a", "file:///w/a")}, []string{"x/z/a", "z/a", "a"}},
		"a home folder":         {[]layername.Layer{at("a", "file:///~/a"), at("a", "file:///etc/a")}, []string{"~/a", "a"}},
		"a file and a config":   {[]layername.Layer{at("a", "file:///etc/o/a"), nacosAt("p", "G", "a")}, []string{"o/a", "a"}},
		"never a host":          {[]layername.Layer{at("a", "etcd://user:pass@host:2379/a"), at("a", "etcd://other/a")}, []string{"a#2", "a"}},
		"never the whole path":  {[]layername.Layer{at("a", "file:///1/2/3/a"), at("a", "file:///0/2/3/a"), at("a", "file:///9/3/a"), at("a", "")}, []string{"a#2", "2/3/a", "3/a", "a"}},
		"an identity of no use": {[]layername.Layer{at("a", "a"), at("a", "x:y:a"), at("a", "etcd://h/b")}, []string{"a#3", "a#2", "a"}},
		"no identity":           {[]layername.Layer{at("a", ""), at("a", ""), at("a", "")}, []string{"a#3", "a#2", "a"}},
		"a number that is there": {
			[]layername.Layer{at("a#2", ""), at("a", ""), at("a", ""), at("a#2", "")}, []string{"a#2#2", "a#3", "a", "a#2"},
		},
		"given":                  {[]layername.Layer{called(at("a", ""), "base"), at("a", "")}, []string{"base", "a"}},
		"given after a default":  {[]layername.Layer{at("a", ""), called(at("b", ""), "a")}, []string{"a#2", "a"}},
		"none":                   {[]layername.Layer{at(" ", ""), at("", "")}, []string{"layer#2", "layer"}},
		"of several lines":       {[]layername.Layer{at("a\nb\x1b[1m\xff", "")}, []string{"a_b_[1m_"}},
		"longer than the limit":  {[]layername.Layer{at(long, ""), at(long, "")}, []string{long[:128] + "#2", long[:128]}},
		"a query is not a place": {[]layername.Layer{at("a", "http://h/x/a?token=hunter2"), at("a", "")}, []string{"x/a", "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := layername.Of(test.layers)
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("the names are %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestGivenNamesThatOpenRejects(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		layers []layername.Layer
		want   string
	}{
		"the same":             {[]layername.Layer{called(at("a", ""), "x"), at("b", ""), called(at("c", ""), "x")}, `layers 1 (a) and 3 (c) have the same name "x"`},
		"that of a document":   {[]layername.Layer{called(at("a", ""), "b"), at("b", "")}, `layers 1 (a) and 2 (b) have the same name "b"`},
		"a line break":         {[]layername.Layer{called(at("a", ""), "x\ny")}, "layer 1 has a name that has a character that cannot be printed"},
		"spaces around it":     {[]layername.Layer{called(at("a", ""), " x")}, "layer 1 has a name that begins or ends with a space"},
		"longer than the most": {[]layername.Layer{called(at("a", ""), strings.Repeat("x", 129))}, "layer 1 has a name that is longer than 128 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := layername.Of(test.layers)
			if !errors.Is(err, source.InvalidArgument) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "nacre.WithName") {
				t.Errorf("the error is %v, want one of kind InvalidArgument with %q and the fix", err, test.want)
			}
		})
	}
}

// Names are unique, of limited length and printable, and a layer in front changes none of them.
func TestALayerInFrontRenamesNone(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(17, 4))
	some := func(all ...string) string { return all[random.IntN(len(all))] }
	for range 2000 {
		var layers []layername.Layer
		var before []string
		for range 7 {
			id := some("a", "b", "a#2", "z/a", strings.Repeat("c", 200), "x\ty")
			front := nacosAt(some("p", "q"), some("G", "H"), id)
			if random.IntN(2) == 0 {
				front = at(id, some("", "file:///~/z/"+id, "file:///r/s/z/"+id, "etcd://secret-host/"+id, id))
			}
			layers = append([]layername.Layer{front}, layers...)
			names, err := layername.Of(layers)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(names[1:], before) {
				t.Fatalf("a layer in front of %q makes them %q", before, names)
			}
			if slices.Contains(before, names[0]) {
				t.Fatalf("%q is the name of two layers: %q", names[0], names)
			}
			if len(names[0]) > 140 || names[0] == "" || strings.ContainsFunc(names[0], func(r rune) bool { return !unicode.IsPrint(r) }) ||
				strings.Contains(names[0], "secret-host") {
				t.Fatalf("%q is not fit for a label", names[0])
			}
			before = names
		}
	}
}
