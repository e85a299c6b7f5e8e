package nacre

// Tree returns the live merged tree as a new map of Go's own maps, lists and scalars, for keys that
// are known only at run time; [github.com/nacre-go/nacre/koanfview] makes a koanf instance of it.
// That of a section holds the section's keys. It is a copy: changes to it do not reach the config,
// and later versions do not change it.
//
// Tree holds what the layers say: the defaults of the struct are not in it. **Secrets are in
// plaintext**; to show values to people, use Explain. Tree costs a copy of the whole: keep it for
// as long as you need one version.
func (c *Config[T]) Tree() map[string]any {
	if !c.isOpen() {
		return map[string]any{}
	}
	if m, ok := c.engine.Live().Merged.Lookup(c.at).Plain().(map[string]any); ok {
		return m
	}
	return map[string]any{}
}
