package content

// Doc is a document of a Config: some units in a state.
type Doc struct {
	From, To int // the units; unit 0 is the server
	State    int

	Weight     int    // if it is not 0, the weight of unit WeightUnit
	WeightUnit int    //
	Comment    string // a comment before the unit in the middle
}

// All is a document with all units of a config of n keys.
func All(n, state int) Doc { return Doc{To: n / UnitKeys, State: state} }

// Into merges the document into a config.
func (d Doc) Into(c *Config) {
	for i := d.From; i < d.To; i++ {
		u := d.unit(i)
		if i == 0 {
			c.Server = u
			continue
		}
		if c.Groups == nil {
			c.Groups = map[string]map[string]Unit{}
		}
		group := GroupName(i)
		if c.Groups[group] == nil {
			c.Groups[group] = map[string]Unit{}
		}
		c.Groups[group][UnitName(i)] = u
	}
}

func (d Doc) unit(i int) Unit {
	u := NewUnit(i, d.State)
	if d.Weight != 0 && i == d.WeightUnit {
		u.Weight = d.Weight
	}
	return u
}

// Data is the document as text in a format: yaml, json or properties.
func (d Doc) Data(format string) []byte {
	switch format {
	case "json":
		return d.json()
	case "properties":
		return d.properties()
	}
	return d.yaml()
}
