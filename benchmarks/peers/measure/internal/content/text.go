package content

import (
	"encoding/json"
	"time"
)

// Text is a duration that reads "30s" from JSON, for a peer that fills its struct through JSON.
type Text time.Duration

// UnmarshalJSON reads a text as time.ParseDuration does.
func (t *Text) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	*t = Text(d)
	return err
}

// Plain is the config with durations of the standard library.
func Plain(c *ConfigOf[Text]) *Config {
	plain := Config{Server: plainUnit(c.Server)}
	for name, group := range c.Groups {
		if plain.Groups == nil {
			plain.Groups = make(map[string]map[string]Unit, len(c.Groups))
		}
		plain.Groups[name] = make(map[string]Unit, len(group))
		for unit, u := range group {
			plain.Groups[name][unit] = plainUnit(u)
		}
	}
	return &plain
}

func plainUnit(u UnitOf[Text]) Unit {
	return Unit{
		Name: u.Name, Addr: u.Addr, Region: u.Region, Weight: u.Weight, Enabled: u.Enabled, Ratio: u.Ratio, Timeout: time.Duration(u.Timeout),
		DB: DBOf[time.Duration]{
			DSN: u.DB.DSN, Pool: u.DB.Pool, Idle: u.DB.Idle, Lifetime: time.Duration(u.DB.Lifetime), ReadOnly: u.DB.ReadOnly,
			Schema: u.DB.Schema, Retries: u.DB.Retries,
		},
		HTTP: HTTPOf[time.Duration]{
			Path: u.HTTP.Path, Port: u.HTTP.Port, Burst: u.HTTP.Burst, Rate: u.HTTP.Rate, KeepAlive: u.HTTP.KeepAlive, Timeout: time.Duration(u.HTTP.Timeout),
		},
	}
}
