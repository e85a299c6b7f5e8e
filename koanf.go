package nacre

import (
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
)

// Koanf returns a copy of the live merged tree as a koanf instance with the delimiter ".", for keys that are known only when the
// program runs. It is a copy: what is done to it, or by later versions, does not touch the other. It holds what the layers say,
// defaults of the struct are not in it, and **secrets are in clear**. It costs a copy of the tree: keep it for as long as one
// version is wanted.
func (c *Config[T]) Koanf() *koanf.Koanf {
	k := koanf.New(".")
	m, _ := c.engine.Live().Merged.Lookup(c.at).Plain().(map[string]any)
	_ = k.Load(confmap.Provider(m, ""), nil) // a map that is in memory cannot fail to load
	return k
}
