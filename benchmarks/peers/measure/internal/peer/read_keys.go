package peer

import (
	"fmt"
	"sync"

	"github.com/apolloconfig/agollo/v4/agcache/memory"
	"github.com/apolloconfig/agollo/v4/extension"
	"github.com/apolloconfig/agollo/v4/storage"
	"github.com/gookit/config/v2"
	"github.com/nil-go/konf"
	"gopkg.in/yaml.v3"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

// agolloPeer is measured where it is read.
func agolloPeer() Peer {
	return Peer{Name: "agollo", Module: "github.com/apolloconfig/agollo/v4", Cannot: map[string]string{"": "keeps texts by their keys, and fills no struct"}}
}

// agolloReading is agollo's storage, which a client updates and services read.
type agolloReading struct {
	cache *storage.Cache
	name  string
}

func openAgolloReading(data []byte) (Reading, error) {
	extension.SetCacheFactory(&memory.DefaultCacheFactory{}) // as package agollo does
	name := storage.GetDefaultNamespace()
	r := agolloReading{storage.CreateNamespaceConfig(name), name}
	return r, r.Write(data)
}

func (r agolloReading) Read(n int) (sum int) {
	c := r.cache.GetConfig(r.name)
	for range n {
		sum += c.GetIntValue(weightKey, 0) + len(c.GetStringValue(nameKey, ""))
	}
	return sum
}

// Write gives the storage flat keys with texts, as Apollo's server does.
func (r agolloReading) Write(data []byte) error {
	var tree map[string]any
	if err := yaml.Unmarshal(data, &tree); err != nil {
		return err
	}
	flat := map[string]any{}
	flatten("", tree, flat)
	r.cache.UpdateApolloConfigCache(flat, 3600, r.name)
	return nil
}

func flatten(prefix string, tree, flat map[string]any) {
	for key, value := range tree {
		if below, ok := value.(map[string]any); ok {
			flatten(prefix+key+".", below, flat)
			continue
		}
		flat[prefix+key] = fmt.Sprint(value)
	}
}

func (agolloReading) Close() error { return nil }

// gookitReading loads into the instance that is read. The lock is the service's own, because a load
// changes the map that is read.
type gookitReading struct {
	mu sync.RWMutex
	c  *config.Config
}

func openGookitReading(data []byte) (Reading, error) {
	r := &gookitReading{c: newGookit()}
	return r, r.Write(data)
}

func (r *gookitReading) Read(n int) (sum int) {
	for range n {
		r.mu.RLock()
		sum += r.c.Int(weightKey) + len(r.c.String(nameKey))
		r.mu.RUnlock()
	}
	return sum
}

func (r *gookitReading) Write(data []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.c.LoadSources("yaml", data)
}

func (*gookitReading) Close() error { return nil }

// konfReading reads the default config by path, as konf's documentation does.
type konfReading struct{ *konfLive[content.Config] }

func openKonfReading(data []byte) (Reading, error) {
	live, err := openKonf[content.Config](Documents{Format: "yaml", Data: [][]byte{data}})
	if err != nil {
		return nil, err
	}
	r := konfReading{live.(*konfLive[content.Config])}
	konf.SetDefault(r.config)
	return r, nil
}

func (konfReading) Read(n int) (sum int) {
	for range n {
		sum += konf.Get[int](weightKey) + len(konf.Get[string](nameKey))
	}
	return sum
}

func (r konfReading) Write(data []byte) error { return r.Apply(Change{Data: data}) }
