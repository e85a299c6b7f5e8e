package koanfview

import (
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"

	"github.com/nacre-go/nacre"
)

// Of returns a copy of the live merged tree of cfg as a koanf instance with the delimiter ".". It
// is a copy: changes to it do not reach cfg, and later versions do not change it. Of a section, it
// holds the section's keys.
//
// It holds what the layers say, and the defaults of the struct only with [nacre.WithDefaults].
// **Secrets are in plaintext.** Of costs a copy of the whole tree: keep the result for as long as
// you need one version.
func Of[T any](cfg *nacre.Config[T], options ...nacre.TreeOption) *koanf.Koanf {
	k := koanf.New(".")
	_ = k.Load(confmap.Provider(cfg.Tree(options...), ""), nil) // a map in memory cannot fail to load
	return k
}
