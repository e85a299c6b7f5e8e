package koanfview_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/koanfview"
	"github.com/nacre-go/nacre/providers/memory"
)

var quiet = nacre.Options{Logger: slog.New(slog.DiscardHandler), LastKnownGoodDisabled: true}

func ExampleOf() {
	type Config struct {
		Plugins map[string]any `config:"plugins"`
	}
	cfg, err := nacre.OpenWith[Config](context.Background(), quiet, memory.New("config.yaml", []byte("plugins: {audit: {level: 3}}")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cfg.Close()
	k := koanfview.Of(cfg)
	fmt.Println(k.Int("plugins.audit.level"), k.Keys())
	// Output: 3 [plugins.audit.level]
}

type pluginConfig struct {
	Level int `config:"level" default:"1"`
}

func TestOf(t *testing.T) {
	t.Parallel()
	type config struct {
		Token nacre.Secret `config:"token"`
		Pool  int          `config:"pool" default:"5"`
	}
	o := quiet
	o.Sections = []nacre.SectionDeclaration{nacre.DeclareSection[pluginConfig]("audit")}
	cfg, err := nacre.OpenWith[config](t.Context(), o, memory.New("config.yaml", []byte("token: hunter2\naudit: {level: 3}")))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	k := koanfview.Of(cfg)
	if k.String("token") != "hunter2" || k.Exists("pool") || k.Int("audit.level") != 3 {
		t.Errorf("the view of the config is %v; it must hold what the layers say, in plaintext, and no defaults", k.All())
	}
	if all := koanfview.Of(cfg, nacre.WithDefaults()); all.Int("pool") != 5 || all.String("token") != "hunter2" {
		t.Errorf("the view with defaults is %v", all.All())
	}
	if err := k.Set("audit.level", 4); err != nil {
		t.Fatal(err)
	}
	if koanfview.Of(cfg).Int("audit.level") != 3 {
		t.Error("a change to a view reached the next one")
	}
	section, err := nacre.Section[pluginConfig](t.Context(), cfg, "audit")
	if err != nil {
		t.Fatal(err)
	}
	defer section.Close()
	if k := koanfview.Of(section); k.Int("level") != 3 || len(k.Keys()) != 1 {
		t.Errorf("the view of the section is %v, must hold the section's keys", k.All())
	}
}
