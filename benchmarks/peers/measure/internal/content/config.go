// Package content makes the documents that are measured, and the structs that they must become.
package content

import (
	"fmt"
	"time"
)

// UnitKeys is how many keys a unit has. A config of n keys has n / UnitKeys units.
const UnitKeys = 20

// GroupUnits is how many units a group has. Documents are made of whole groups, because yaml.v3
// replaces an entry of a map. Its time grows with the square of the entries of one map, so that a
// single map of all units would measure little else.
const GroupUnits = 5

// Config is the struct that all peers fill. Unit 0 is Server, and the others are in the maps, by
// the names that GroupName and UnitName return.
type Config = ConfigOf[time.Duration]

// Unit is a part of a Config with UnitKeys keys.
type Unit = UnitOf[time.Duration]

// ConfigOf is Config for a type of durations: a peer that reads through JSON needs one of its own.
type ConfigOf[D any] struct {
	Server UnitOf[D]                       `config:"server" yaml:"server" json:"server"`
	Groups map[string]map[string]UnitOf[D] `config:"groups" yaml:"groups" json:"groups,optional" validate:"dive,dive"` //nolint:staticcheck // optional is an option of go-zero
}

// UnitOf is Unit for a type of durations.
type UnitOf[D any] struct {
	Name    string    `config:"name" yaml:"name" json:"name" validate:"required,max=64"`
	Addr    string    `config:"addr" yaml:"addr" json:"addr" validate:"required"`
	Region  string    `config:"region" yaml:"region" json:"region" validate:"required"`
	Weight  int       `config:"weight" yaml:"weight" json:"weight" validate:"gte=1"`
	Enabled bool      `config:"enabled" yaml:"enabled" json:"enabled"`
	Ratio   float64   `config:"ratio" yaml:"ratio" json:"ratio" validate:"gte=0,lte=1"`
	Timeout D         `config:"timeout" yaml:"timeout" json:"timeout" validate:"required"`
	DB      DBOf[D]   `config:"db" yaml:"db" json:"db"`
	HTTP    HTTPOf[D] `config:"http" yaml:"http" json:"http"`
}

// DBOf is a part of a unit.
type DBOf[D any] struct {
	DSN      string `config:"dsn" yaml:"dsn" json:"dsn" validate:"required"`
	Pool     int    `config:"pool" yaml:"pool" json:"pool" validate:"gte=1,lte=500"`
	Idle     int    `config:"idle" yaml:"idle" json:"idle" validate:"gte=0"`
	Lifetime D      `config:"lifetime" yaml:"lifetime" json:"lifetime" validate:"required"`
	ReadOnly bool   `config:"readonly" yaml:"readonly" json:"readonly"`
	Schema   string `config:"schema" yaml:"schema" json:"schema" validate:"required"`
	Retries  int    `config:"retries" yaml:"retries" json:"retries" validate:"gte=0,lte=10"`
}

// HTTPOf is a part of a unit.
type HTTPOf[D any] struct {
	Path      string  `config:"path" yaml:"path" json:"path" validate:"required"`
	Port      int     `config:"port" yaml:"port" json:"port" validate:"gte=1,lte=65535"`
	Burst     int     `config:"burst" yaml:"burst" json:"burst" validate:"gte=0"`
	Rate      float64 `config:"rate" yaml:"rate" json:"rate" validate:"gte=0"`
	KeepAlive bool    `config:"keepalive" yaml:"keepalive" json:"keepalive"`
	Timeout   D       `config:"timeout" yaml:"timeout" json:"timeout" validate:"required"`
}

// GroupName is the key of the group of a unit.
func GroupName(i int) string { return fmt.Sprintf("g%05d", i/GroupUnits) }

// UnitName is the key of a unit in its group.
func UnitName(i int) string { return fmt.Sprintf("u%06d", i) }

// NewUnit returns unit i in a state: every one of its values differs from that in state+1.
func NewUnit(i, state int) Unit {
	s := i + state
	return Unit{
		Name:    fmt.Sprintf("unit-%d-%d", i, state),
		Addr:    fmt.Sprintf("10.%d.%d.7:8080", i%250, state%250),
		Region:  fmt.Sprintf("region-%d", s%1000),
		Weight:  1 + s%1000,
		Enabled: s%2 == 0,
		Ratio:   float64(1+s%998) / 1000,
		Timeout: time.Duration(1+s%3600) * time.Second,
		DB: DBOf[time.Duration]{
			DSN:      fmt.Sprintf("postgres://app@db-%d:5432/app?application_name=v%d", i, state),
			Pool:     1 + s%500,
			Idle:     s % 100,
			Lifetime: time.Duration(1+s%600) * time.Minute,
			ReadOnly: s%2 == 1,
			Schema:   fmt.Sprintf("schema_%d", s),
			Retries:  s % 10,
		},
		HTTP: HTTPOf[time.Duration]{
			Path:      fmt.Sprintf("/v%d/unit/%d", state, i),
			Port:      1024 + s%60000,
			Burst:     s % 5000,
			Rate:      float64(s%5000) + 0.5,
			KeepAlive: s%2 == 0,
			Timeout:   time.Duration(1+s%1000) * time.Millisecond,
		},
	}
}
