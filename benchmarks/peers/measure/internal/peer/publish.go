package peer

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/nil-go/konf"
	"gopkg.in/yaml.v3"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

// Groups is the part of a config that subscribers ask for: all of it except the server.
type Groups = map[string]map[string]content.Unit

// Publishing is a config with subscribers.
type Publishing interface {
	// Write gives the document another content. Subscribers may be called later.
	Write(data []byte) error
	Close() error
}

// Publisher is a way of calling subscribers when a part of a config changes.
type Publisher struct {
	Name string
	// Open opens a config with n subscribers. Subscriber i calls called(i, groups).
	Open func(data []byte, n int, called func(i int, groups Groups)) (Publishing, error)
	// Always says that the peer calls its subscribers after each change, whatever part it is of.
	Always bool
	// Cannot says why the peer has no part; empty if it has one.
	Cannot string
}

// Channels is the publisher that none can beat.
const Channels = "yaml.v3 + channels"

// Publishers are the ways of calling subscribers, nacre's first.
func Publishers() []Publisher {
	const one = "keeps one callback, so that a service has to call its subscribers itself"
	return []Publisher{
		{Name: Nacre, Open: openNacrePublishing},
		{Name: "konf", Open: openKonfPublishing},
		{Name: "go-zero center", Open: openGoZeroPublishing, Always: true},
		{Name: Channels, Open: openChannelPublishing},
		{Name: Koanf, Cannot: "a provider " + one},
		{Name: "viper", Cannot: one},
		{Name: "kratos v2", Cannot: "keeps one observer of a key"},
		{Name: "kratos v3", Cannot: "keeps one observer of a key"},
		{Name: "gookit", Cannot: one},
		{Name: "runtimevar", Cannot: "one goroutine may watch a variable"},
		{Name: "agollo", Cannot: "its listeners get the texts of the keys that changed, and no struct"},
	}
}

// nacrePublishing is a config with subscribers that select the groups.
type nacrePublishing struct {
	live *nacreLive[content.Config]
}

func openNacrePublishing(data []byte, n int, called func(int, Groups)) (Publishing, error) {
	live, err := openNacre[content.Config](Documents{Format: "yaml", Data: [][]byte{data}})
	if err != nil {
		return nil, err
	}
	p := nacrePublishing{live.(*nacreLive[content.Config])}
	for i := range n {
		_, err := nacre.Subscribe(p.live.config, func(c *content.Config) Groups { return c.Groups },
			func(_ context.Context, change nacre.Change[Groups]) error {
				called(i, change.New)
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p nacrePublishing) Write(data []byte) error { return p.live.Apply(Change{Data: data}) }
func (p nacrePublishing) Close() error            { return p.live.Close() }

// konfPublishing is a watched config with callbacks for a path, each of which unmarshals what is
// there, as the example of OnChange does.
type konfPublishing struct{ *konfLive[content.Config] }

func openKonfPublishing(data []byte, n int, called func(int, Groups)) (Publishing, error) {
	l, err := watchKonf[content.Config](Documents{Format: "yaml", Data: [][]byte{data}})
	if err != nil {
		return nil, err
	}
	for i := range n {
		l.config.OnChange(func(c *konf.Config) {
			var groups Groups
			if err := c.Unmarshal("groups", &groups); err == nil { // otherwise the call is missed
				called(i, groups)
			}
		}, "groups")
	}
	return konfPublishing{l}, nil
}

func (p konfPublishing) Write(data []byte) error {
	p.loaders[0].data <- data
	return <-p.loaders[0].applied
}

// goZeroPublishing is a center with listeners, which ask it for the config.
type goZeroPublishing struct{ *goZeroCenter[content.Config] }

func openGoZeroPublishing(data []byte, n int, called func(int, Groups)) (Publishing, error) {
	live, err := openGoZeroCenter[content.Config](Documents{Format: "yaml", Data: [][]byte{data}})
	if err != nil {
		return nil, err
	}
	p := goZeroPublishing{live.(*goZeroCenter[content.Config])}
	for i := range n {
		p.center.AddListener(func() {
			if c, err := p.center.GetConfig(); err == nil {
				called(i, c.Groups)
			}
		})
	}
	return p, nil
}

func (p goZeroPublishing) Write(data []byte) error { return p.Apply(Change{Data: data}) }

// channelPublishing is the least that is needed for subscribers with goroutines of their own: YAML
// into the struct with its rules, one comparison, and a channel for each subscriber.
type channelPublishing struct {
	live     *content.Config
	channels []chan Groups
	wg       sync.WaitGroup
}

func openChannelPublishing(data []byte, n int, called func(int, Groups)) (Publishing, error) {
	live, err := buildStruct[content.Config](Documents{Data: [][]byte{data}})
	if err != nil {
		return nil, err
	}
	p := &channelPublishing{live: live}
	for i := range n {
		channel := make(chan Groups, 1)
		p.channels = append(p.channels, channel)
		p.wg.Go(func() {
			for groups := range channel {
				called(i, groups)
			}
		})
	}
	return p, nil
}

func (p *channelPublishing) Write(data []byte) error {
	var next content.Config
	if err := yaml.Unmarshal(data, &next); err != nil {
		return err
	}
	if err := rules.Struct(&next); err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	if !reflect.DeepEqual(p.live.Groups, next.Groups) {
		for _, channel := range p.channels {
			channel <- next.Groups
		}
	}
	p.live = &next
	return nil
}

func (p *channelPublishing) Close() error {
	for _, channel := range p.channels {
		close(channel)
	}
	p.wg.Wait()
	return nil
}
