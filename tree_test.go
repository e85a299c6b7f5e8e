package nacre_test

import (
	"context"
	"reflect"
	"testing"

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
