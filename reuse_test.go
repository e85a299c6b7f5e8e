package nacre_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/source"
)

// reuseConfig has what makes a part of a config depend on another one.
type reuseConfig struct {
	Name     string                  `config:"name" default:"orders" validate:"ne=forbidden"`
	Wait     time.Duration           `config:"wait" default:"3s" alias:"delay"`
	Addr     string                  `config:"addr" default:":80" live:"false"`
	Pool     *reusePool              `config:"pool"`
	Sections map[string]reuseSection `config:"sections" validate:"max=6,dive"`
	Servers  []reuseServer           `config:"servers" merge:"key=name" validate:"dive"`
	Labels   map[string]string       `config:"labels"`
	Free     any                     `config:"free"`
	Plain    reusePool               `config:"plain"`
}

type reusePool struct {
	Min   int    `config:"min" default:"1"`
	Max   int    `config:"max" default:"10" validate:"gtefield=Min"`
	Token string `config:"token" secret:"true"`
	// Sum is filled in by Validate.
	Sum int `config:"-"`
}

func (p *reusePool) Validate() error {
	if p.Sum = p.Min + p.Max; p.Sum == 13 {
		return fmt.Errorf("thirteen connections are unlucky")
	}
	return nil
}

type reuseSection struct {
	Port int      `config:"port" validate:"lte=9"`
	Tags []string `config:"tags"`
	Host string   `config:"host" default:"local"`
}

type reuseServer struct {
	Name   string `config:"name"`
	Weight int    `config:"weight" validate:"lte=9"`
}

// numbered is a source whose revisions are numbers.
type numbered struct {
	name, format string
	changed      chan struct{}
	mu           sync.Mutex
	data         []byte
	revision     int
}

func (n *numbered) Name() string { return n.name }

func (n *numbered) Set(data []byte) {
	n.mu.Lock()
	n.data, n.revision = data, n.revision+1
	n.mu.Unlock()
	select {
	case n.changed <- struct{}{}:
	default:
	}
}

func (n *numbered) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		n.mu.Lock()
		c := source.Content{Revision: source.Revision(strconv.Itoa(n.revision)), Documents: []source.Document{{Name: n.name, Format: n.format, Data: n.data}}}
		n.mu.Unlock()
		if c.Revision != prev {
			return c, nil
		}
		select {
		case <-n.changed:
		case <-ctx.Done():
			return source.Content{}, ctx.Err()
		}
	}
}

// reuseDocument is a document that a random publisher edits line by line.
type reuseDocument struct {
	format string
	keys   map[string]string // of paths to values as the format writes them
	noise  string
}

var reuseKeys = []string{"name", "wait", "delay", "addr", "pool.min", "pool.max", "pool.token", "plain.min", "plain.max", "plain.token", "sections.a.port", "sections.a.host",
	"sections.b.port", "sections.b.host", "sections.c.port", "labels.x", "labels.y", "free.deep.one", "free.deep.two", "nane", "sections.a.prot"}

func reuseValue(r *rand.Rand, key string) string {
	switch leaf := key[strings.LastIndex(key, ".")+1:]; leaf {
	case "min", "max", "port", "prot":
		return fmt.Sprint(r.IntN(11))
	case "wait", "delay":
		return fmt.Sprintf("%ds", r.IntN(3))
	case "name":
		return []string{"orders", "users", "forbidden"}[r.IntN(3)]
	}
	return []string{"x", "y", "z w"}[r.IntN(3)]
}

// edit changes the document as a publisher might.
func (d *reuseDocument) edit(r *rand.Rand) {
	switch key := reuseKeys[r.IntN(len(reuseKeys))]; r.IntN(10) {
	case 0:
		d.noise = []string{"", "# a comment\n", "\n\n", "# one\n# two\n"}[r.IntN(4)]
	case 1, 2:
		for key := range d.keys { // any
			delete(d.keys, key)
			break
		}
	case 3:
		d.keys[key] = reuseValue(r, key)
	default:
		all := slices.Sorted(func(yield func(string) bool) {
			for key := range d.keys {
				if !yield(key) {
					return
				}
			}
		})
		if len(all) == 0 {
			all = []string{key}
		}
		key = all[r.IntN(len(all))]
		d.keys[key] = reuseValue(r, key)
	}
}

// text writes the document.
func (d *reuseDocument) text(r *rand.Rand) []byte {
	if r.IntN(30) == 0 {
		return []byte("name: [")
	}
	all := make([]string, 0, len(d.keys))
	for key := range d.keys {
		all = append(all, key)
	}
	slices.Sort(all)
	var b bytes.Buffer
	if d.format == source.FormatProperties {
		b.WriteString(d.noise)
		for _, key := range all {
			fmt.Fprintf(&b, "%s=%s\n", key, d.keys[key])
		}
		return b.Bytes()
	}
	root := map[string]any{}
	for _, key := range all {
		at, path := root, strings.Split(key, ".")
		for _, segment := range path[:len(path)-1] {
			below, ok := at[segment].(map[string]any)
			if !ok {
				below = map[string]any{}
				at[segment] = below
			}
			at = below
		}
		at[path[len(path)-1]] = d.keys[key]
	}
	if d.format == source.FormatJSON {
		text, _ := json.MarshalIndent(root, "", "  ")
		return text
	}
	b.WriteString(d.noise)
	writeYAML(&b, root, "")
	if weight := len(all) % 4; weight > 0 {
		fmt.Fprintf(&b, "servers:\n  - name: one\n    weight: %d\n", weight*4)
	}
	return b.Bytes()
}

func writeYAML(b *bytes.Buffer, m map[string]any, indent string) {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		switch v := m[key].(type) {
		case map[string]any:
			fmt.Fprintf(b, "%s%s:\n", indent, key)
			writeYAML(b, v, indent+"  ")
		default:
			fmt.Fprintf(b, "%s%s: %v\n", indent, key, v)
		}
	}
}

// A config that reuses what did not change shows the same as one that makes every version from the
// whole of its documents: values, sums, places, problems, what is held, and the history.
func TestReuseIsInvisible(t *testing.T) {
	t.Parallel()
	seeds, steps := testrun.Count(30, 6), 60
	for seed := range uint64(seeds) {
		synctest.Test(t, func(t *testing.T) { compareReuse(t, seed, steps) })
		if t.Failed() {
			return
		}
	}
}

func compareReuse(t *testing.T, seed uint64, steps int) {
	r := rand.New(rand.NewPCG(seed, 21))
	documents := []*reuseDocument{
		{format: source.FormatYAML, keys: map[string]string{}}, {format: source.FormatJSON, keys: map[string]string{}},
		{format: source.FormatProperties, keys: map[string]string{}}, {format: source.FormatYAML, keys: map[string]string{}},
	}
	names := []string{"a.yaml", "b.json", "c.properties", "d.yaml"}
	var sources [2][]*numbered
	var configs [2]*nacre.Config[reuseConfig]
	for i := range configs {
		o := quiet
		o.ReuseDisabled, o.SelfCheckEvery, o.LastKnownGoodDisabled = i == 1, 3, true
		var layers []source.Source
		for k, name := range names {
			m := &numbered{name: name, format: documents[k].format, changed: make(chan struct{}, 1)}
			m.Set(nil)
			sources[i] = append(sources[i], m)
			switch k {
			case 1:
				layers = append(layers, nacre.Layer(m, nacre.AllowUnknown()))
			case 2:
				layers = append(layers, nacre.Layer(m, nacre.RelaxedKeys()))
			default:
				layers = append(layers, m)
			}
		}
		cfg, err := nacre.OpenWith[reuseConfig](t.Context(), o, layers...)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		configs[i] = cfg
	}
	for step := range steps {
		for range 1 + r.IntN(2) {
			n := r.IntN(len(documents))
			for range 1 + r.IntN(3) {
				documents[n].edit(r)
			}
			text := documents[n].text(r)
			sources[0][n].Set(text)
			sources[1][n].Set(text)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		got, want := visible(configs[0]), visible(configs[1])
		if !reflect.DeepEqual(configs[0].Get(), configs[1].Get()) || got != want {
			t.Fatalf("seed %d, step %d: with reuse\n%+v\n%s\nwithout\n%+v\n%s", seed, step, *configs[0].Get(), got, *configs[1].Get(), want)
		}
	}
}

// visible returns what a config shows of its documents.
func visible(cfg *nacre.Config[reuseConfig]) string {
	health := cfg.Health()
	history := cfg.History()
	for i := range history {
		history[i].Time = time.Time{}
	}
	all := []any{cfg.Snapshot().Sum, cfg.Snapshot().Version, cfg.Snapshot().Causes, health.Pending, cfg.ExplainAll(), history}
	for _, l := range health.Layers {
		all = append(all, l.Applied, l.Latest, l.Rejected, l.Held, l.Unused, l.Deprecated)
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}
