package nacre_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
)

// Tree is what the layers say, secrets included and defaults not, and a copy: nothing that is done
// to it reaches the config.
func TestTreeIsACopyOfTheMergedLayers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type config struct {
			Addr  string       `config:"addr" default:":8080"`
			Token nacre.Secret `config:"token"`
			Hosts []string     `config:"hosts"`
			Else  any          `config:"else"`
		}
		over := memory.New("over.yaml", []byte("hosts: [b]"))
		cfg, err := nacre.OpenWith[config](t.Context(), quiet, memory.New("base.yaml", []byte("token: hunter2\nhosts: [a]\nelse: {x: 1.5, y: [true]}")), over)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		want := map[string]any{"token": "hunter2", "hosts": []any{"b"}, "else": map[string]any{"x": 1.5, "y": []any{true}}}
		first := cfg.Tree()
		if !reflect.DeepEqual(first, want) {
			t.Errorf("the tree is %v, must be %v", first, want)
		}
		first["hosts"].([]any)[0] = "changed"
		delete(first["else"].(map[string]any), "y")
		if got := cfg.Tree(); !reflect.DeepEqual(got, want) {
			t.Errorf("a change to a tree reached the next one: %v", got)
		}
		over.Set([]byte("hosts: [c]"))
		settle()
		if host := cfg.Tree()["hosts"].([]any)[0]; host != "c" || first["hosts"].([]any)[0] != "changed" {
			t.Errorf("a version is not in the tree, or changed an older one: %v", host)
		}
	})
}

// A service may range over the tree of a config that holds nothing.
func TestTreeOfNothing(t *testing.T) {
	t.Parallel()
	cfg, err := nacre.OpenWith[struct{}](context.Background(), quiet, memory.New("empty.yaml", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	if tree := cfg.Tree(); tree == nil || len(tree) > 0 {
		t.Errorf("the tree of an empty config is %#v, must be an empty map", tree)
	}
}

// The tree with defaults is what a program that decodes it sees in the struct.
func TestTreeWithDefaults(t *testing.T) {
	t.Parallel()
	type host struct {
		Name string `config:"name"`
		Port int    `config:"port" default:"80"`
	}
	type inner struct {
		Timeout time.Duration `config:"timeout" default:"3s"`
		Labels  []string      `config:"labels" default:"a,b"`
		Unset   string        `config:"unset"`
	}
	type config struct {
		Addr   string          `config:"addr" default:":8080"`
		Quiet  bool            `config:"quiet" default:"true"`
		Token  nacre.Secret    `config:"token" default:"hunter2"`
		Inner  inner           `config:"inner"`
		Absent *inner          `config:"absent"`
		Hosts  []host          `config:"hosts"`
		ByName map[string]host `config:"by_name"`
		Rest   map[string]any  `config:",remain"`
	}
	cfg, err := nacre.OpenWith[config](t.Context(), reserving("redis"), memory.New("config.yaml", []byte(
		"addr: ':9090'\nquiet: null\nhosts: [{name: a}, {name: b, port: 81}]\nby_name: {x.y: {name: c}}\nx-more: {k: 1}\nredis: {db: 1}")))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	want := map[string]any{
		"addr": ":9090", "quiet": true, "token": "hunter2", "redis": map[string]any{"db": int64(1)}, "x-more": map[string]any{"k": int64(1)},
		"inner":   map[string]any{"timeout": "3s", "labels": []any{"a", "b"}},
		"hosts":   []any{map[string]any{"name": "a", "port": int64(80)}, map[string]any{"name": "b", "port": int64(81)}},
		"by_name": map[string]any{"x.y": map[string]any{"name": "c", "port": int64(80)}},
	}
	if got := cfg.Tree(nacre.WithDefaults()); !reflect.DeepEqual(got, want) {
		t.Errorf("the tree is\n%#v\nwant\n%#v", got, want)
	}
	cfg2, err := nacre.OpenWith[config](t.Context(), reserving("other"), memory.New("config.yaml", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg2.Close()
	other := section[host](t, cfg2, "other")
	if got := other.Tree(nacre.WithDefaults()); !reflect.DeepEqual(got, map[string]any{"port": int64(80)}) {
		t.Errorf("the tree of a section without a value is %#v", got)
	}
}
