package content

import "fmt"

// Flat is a config whose documents all add to one map.
type Flat struct {
	Values map[string]string `config:"values" yaml:"values" json:"values"`
}

// FlatDoc is a document of a Flat: some keys in a state.
type FlatDoc struct{ From, To, State int }

// Into merges the document into a config.
func (d FlatDoc) Into(c *Flat) {
	if c.Values == nil {
		c.Values = map[string]string{}
	}
	for i := d.From; i < d.To; i++ {
		c.Values[d.key(i)] = d.value(i)
	}
}

func (FlatDoc) key(i int) string     { return fmt.Sprintf("k%06d", i) }
func (d FlatDoc) value(i int) string { return fmt.Sprintf("value-%d-%d", i, d.State) }

// Data is the document as YAML.
func (d FlatDoc) Data(string) []byte {
	b := []byte("values:\n")
	for i := d.From; i < d.To; i++ {
		b = fmt.Appendf(b, "  %s: %s\n", d.key(i), d.value(i))
	}
	return b
}
