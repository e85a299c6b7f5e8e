package peer

import (
	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

func viperPeer() Peer {
	return Peer{
		Name: "viper", Module: "github.com/spf13/viper", Config: openViper[content.Config], Flat: openViper[content.Flat],
		Cannot: map[string]string{Properties: "has no codec for properties of its own since 1.20"},
	}
}

func openViper[T any](d Documents) (Live[T], error) {
	if !d.Apart {
		return rebuild(buildViper[T])(d)
	}
	v, err := readViper(d)
	if err != nil {
		return nil, err
	}
	return keep(func(data []byte) error { return v.MergeConfig(reader(data)) }, func(value *T) error { return v.Unmarshal(value, viperTag) })
}

func buildViper[T any](d Documents) (*T, error) {
	v, err := readViper(d)
	if err != nil {
		return nil, err
	}
	var value T
	return &value, v.Unmarshal(&value, viperTag)
}

func readViper(d Documents) (*viper.Viper, error) {
	v := viper.New()
	v.SetConfigType(d.Format)
	for i, data := range d.Data {
		read := v.MergeConfig
		if i == 0 {
			read = v.ReadConfig
		}
		if err := read(reader(data)); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func viperTag(d *mapstructure.DecoderConfig) { d.TagName = "yaml" }
