package peer

import (
	"github.com/gookit/config/v2"
	"github.com/gookit/config/v2/properties"
	"github.com/gookit/config/v2/yamlv3"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

func gookitPeer() Peer {
	return Peer{
		Name: "gookit", Module: "github.com/gookit/config/v2", Config: openGookit[content.Config], Flat: openGookit[content.Flat],
	}
}

func newGookit() *config.Config {
	c := config.New("peers", config.ParseTime, func(o *config.Options) { o.DecoderConfig.TagName = "yaml" })
	c.WithDriver(yamlv3.Driver, properties.Driver)
	return c
}

func openGookit[T any](d Documents) (Live[T], error) {
	if !d.Apart {
		return rebuild(buildGookit[T])(d)
	}
	c := newGookit()
	if err := c.LoadSources(d.Format, d.Data[0], d.Data[1:]...); err != nil {
		return nil, err
	}
	return keep(func(data []byte) error { return c.LoadSources(d.Format, data) }, func(value *T) error { return c.Decode(value) })
}

func buildGookit[T any](d Documents) (*T, error) {
	c := newGookit()
	if err := c.LoadSources(d.Format, d.Data[0], d.Data[1:]...); err != nil {
		return nil, err
	}
	var value T
	return &value, c.Decode(&value)
}
