package tree

import "slices"

// Changes says where a value may differ from the one before it. The nil *Changes says that nothing
// differs, and that the value has the same memory or an equal copy of it.
type Changes struct {
	// Whole reports that what is said of this value is true of everything below it.
	Whole bool
	// Remade reports that the value here is equal, with all below it, but was made again without
	// what a Validate method had written into fields that have no key.
	Remade bool
	// Keys are the changes below the keys of a map or struct, Items those below the items of a
	// list. A key that only the value before had is among them.
	Keys  map[string]*Changes
	Items map[int]*Changes
	// Rest are the changes of the map in a struct that takes the keys without another field.
	Rest *Changes
}

// AllChanged says that everything may differ, AllRemade that everything was made again.
var (
	AllChanged = &Changes{Whole: true}
	AllRemade  = &Changes{Whole: true, Remade: true}
)

// Key returns the changes below a key.
func (c *Changes) Key(key string) *Changes {
	if c == nil || c.Whole {
		return c
	}
	if below := c.Keys[key]; below != nil {
		return below
	}
	return c.Rest.Key(key)
}

// Remainder returns the changes of the map that takes the keys without another field.
func (c *Changes) Remainder() *Changes {
	if c == nil || c.Whole {
		return c
	}
	return c.Rest
}

// Item returns the changes below an item of a list.
func (c *Changes) Item(i int) *Changes {
	if c == nil || c.Whole {
		return c
	}
	return c.Items[i]
}

// Differs reports whether the value here, or one below it, may differ.
func (c *Changes) Differs() bool { return c != nil && !c.Remade }

// WithKey adds what changed below a key, and returns c, or new changes if c is nil.
func (c *Changes) WithKey(key string, below *Changes) *Changes {
	if below == nil {
		return c
	}
	if c = c.with(below); c.Keys == nil {
		c.Keys = make(map[string]*Changes)
	}
	c.Keys[key] = below
	return c
}

// WithItem is WithKey for an item of a list.
func (c *Changes) WithItem(i int, below *Changes) *Changes {
	if below == nil {
		return c
	}
	if c = c.with(below); c.Items == nil {
		c.Items = make(map[int]*Changes)
	}
	c.Items[i] = below
	return c
}

// WithRest is WithKey for the map that takes the keys without another field.
func (c *Changes) WithRest(below *Changes) *Changes {
	if below == nil {
		return c
	}
	c = c.with(below)
	c.Rest = below
	return c
}

func (c *Changes) with(below *Changes) *Changes {
	if c == nil {
		c = &Changes{Remade: true}
	}
	c.Remade = c.Remade && !below.Differs()
	return c
}

// SortedKeys returns the keys of Keys in alphabetical order.
func (c *Changes) SortedKeys() []string {
	keys := make([]string, 0, len(c.Keys))
	for key := range c.Keys {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
