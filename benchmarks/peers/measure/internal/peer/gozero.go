package peer

import (
	"github.com/zeromicro/go-zero/core/conf"
	configurator "github.com/zeromicro/go-zero/core/configcenter"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

const oneDocument = "reads one document, and merges none"

func goZeroPeer() Peer {
	return Peer{
		Name: "go-zero conf", Module: "github.com/zeromicro/go-zero", Config: rebuild(buildGoZero[content.Config]),
		Cannot: map[string]string{Layers: oneDocument, Many: oneDocument, Properties: "fills no struct from properties"},
	}
}

func buildGoZero[T any](d Documents) (*T, error) {
	var c T
	if d.Format == "json" {
		return &c, conf.LoadFromJsonBytes(d.Data[0], &c)
	}
	return &c, conf.LoadFromYamlBytes(d.Data[0], &c)
}

func goZeroCenterPeer() Peer {
	p := goZeroPeer()
	p.Name, p.Config = "go-zero center", openGoZeroCenter[content.Config]
	return p
}

// goZeroCenter is a config center, which reads in the call of its subscriber.
type goZeroCenter[T any] struct {
	subscriber goZeroSubscriber
	center     configurator.Configurator[T]
}

// goZeroSubscriber is a subscriber with a text in memory.
type goZeroSubscriber struct {
	text   string
	listen func()
}

func openGoZeroCenter[T any](d Documents) (_ Live[T], err error) {
	g := &goZeroCenter[T]{subscriber: goZeroSubscriber{text: string(d.Data[0])}}
	g.center, err = configurator.NewConfigCenter[T](configurator.Config{Type: d.Format, Log: false}, &g.subscriber)
	return g, err
}

func (s *goZeroSubscriber) AddListener(listen func()) error {
	s.listen = listen
	return nil
}

func (s *goZeroSubscriber) Value() (string, error) { return s.text, nil }

func (g *goZeroCenter[T]) Apply(c Change) error {
	g.subscriber.text = string(c.Data)
	g.subscriber.listen()
	_, err := g.center.GetConfig()
	return err
}

func (g *goZeroCenter[T]) Value() (*T, error) {
	value, err := g.center.GetConfig()
	return &value, err
}

func (*goZeroCenter[T]) Close() error { return nil }
