package peer

import (
	"github.com/knadh/koanf/maps"
	"github.com/knadh/koanf/parsers/json"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
	"github.com/magiconair/properties"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

func koanfPeer() Peer {
	return Peer{Name: Koanf, Module: "github.com/knadh/koanf/v2", Config: openKoanf[content.Config], Flat: openKoanf[content.Flat]}
}

func openKoanf[T any](d Documents) (Live[T], error) {
	if !d.Apart {
		return rebuild(buildKoanf[T])(d)
	}
	// Each Load builds the index of all keys, so that two hundred take seconds.
	all := map[string]any{}
	for _, data := range d.Data {
		values, err := koanfParser(d.Format).Unmarshal(data)
		if err != nil {
			return nil, err
		}
		maps.Merge(values, all)
	}
	k := koanf.New(".")
	if err := k.Load(confmap.Provider(all, ""), nil); err != nil {
		return nil, err
	}
	return keep(
		func(data []byte) error { return k.Load(rawbytes.Provider(data), koanfParser(d.Format)) },
		func(value *T) error { return k.UnmarshalWithConf("", value, koanf.UnmarshalConf{Tag: "yaml"}) },
	)
}

// buildKoanf loads all documents into a new instance, as the callback of a watcher does: a key that
// was removed would stay in an old one.
func buildKoanf[T any](d Documents) (*T, error) {
	k := koanf.New(".")
	for _, data := range d.Data {
		if err := k.Load(rawbytes.Provider(data), koanfParser(d.Format)); err != nil {
			return nil, err
		}
	}
	var c T
	return &c, k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{Tag: "yaml"})
}

func koanfParser(format string) koanf.Parser {
	switch format {
	case "json":
		return json.Parser()
	case "properties":
		return propertiesParser{}
	}
	return yaml.Parser()
}

// propertiesParser is a parser of one's own: koanf comes with none for properties.
type propertiesParser struct{}

func (propertiesParser) Unmarshal(data []byte) (map[string]any, error) {
	p, err := properties.Load(data, properties.UTF8)
	if err != nil {
		return nil, err
	}
	flat := make(map[string]any, p.Len())
	for key, value := range p.Map() {
		flat[key] = value
	}
	return maps.Unflatten(flat, "."), nil
}

func (propertiesParser) Marshal(map[string]any) ([]byte, error) { return nil, nil }
