package release_test

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

func sum(text string) string {
	if text == "" {
		return ""
	}
	h := md5.Sum([]byte(text))
	return hex.EncodeToString(h[:])
}

// stored is a document of a memory server, now and before its last change.
type stored struct {
	text, before string
	meta         nacos.Metadata
	at           time.Time
}

// memory is a server in memory with the habits of Nacos: reads are late, a compare-and-set on a
// missing document creates it, and a delete compares nothing. Its clock moves when someone sleeps.
type memory struct {
	mu         sync.Mutex
	now        time.Time
	docs       map[release.Key]*stored
	lag        time.Duration
	ignoreCAS  bool
	other      string // part of the name
	hideMeta   bool
	publishes  int
	probes     int
	authors    map[release.Key]string
	onPublish  func(k release.Key) error // before it is carried out
	answerLost func(k release.Key) error // after it was carried out
	onDelete   func(k release.Key) error // before it is carried out
	deleteLost func(k release.Key) error // after it was carried out
	listening  map[release.Key]int       // nil: the server does not say
	deleted    []release.Key
}

func newMemory() *memory {
	return &memory{now: time.Unix(1_800_000_000, 0).UTC(), docs: map[release.Key]*stored{}, lag: 150 * time.Millisecond, authors: map[release.Key]string{}}
}

func (m *memory) Name() string      { return "memory://prod" + m.other }
func (m *memory) Group() string     { return "G" }
func (m *memory) Namespace() string { return "prod" }

func (m *memory) clock() time.Time { m.mu.Lock(); defer m.mu.Unlock(); return m.now }

func (m *memory) sleep(ctx context.Context, d time.Duration) error {
	m.mu.Lock()
	m.now = m.now.Add(d)
	m.mu.Unlock()
	return ctx.Err()
}

func (m *memory) put(k release.Key, text string, meta nacos.Metadata) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.setLocked(k, text, meta)
}

func (m *memory) setLocked(k release.Key, text string, meta nacos.Metadata) {
	d := m.docs[k]
	if d == nil {
		d = &stored{}
		m.docs[k] = d
	}
	if m.now.Sub(d.at) >= m.lag {
		d.before = d.text
	}
	d.text, d.meta, d.at = text, meta, m.now
}

// text returns what is stored, which reads may not show yet.
func (m *memory) text(k release.Key) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := m.docs[k]; d != nil {
		return d.text
	}
	return ""
}

func (m *memory) all() map[release.Key]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[release.Key]string{}
	for k, d := range m.docs {
		if d.text != "" {
			all[k] = d.text
		}
	}
	return all
}

func (m *memory) Read(ctx context.Context, k release.Key) (release.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.docs[k]
	text := m.shownLocked(d)
	if !m.hideMeta && d != nil { // metadata show a publish at once, and Read waits for the content
		text = d.text
	}
	if text == "" {
		return release.State{}, ctx.Err()
	}
	st := release.State{Content: []byte(text), MD5: sum(text), Type: d.meta.Type, Modified: d.at}
	if !m.hideMeta {
		meta := d.meta
		st.Metadata = &meta
	}
	return st, ctx.Err()
}

func (m *memory) shownLocked(d *stored) string {
	switch {
	case d == nil:
		return ""
	case m.now.Sub(d.at) < m.lag:
		return d.before
	}
	return d.text
}

func (m *memory) Get(ctx context.Context, k release.Key) (release.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.docs[k]
	text := m.shownLocked(d)
	if text == "" {
		return release.State{}, ctx.Err()
	}
	return release.State{Content: []byte(text), MD5: sum(text), Type: d.meta.Type, Modified: d.at}, ctx.Err()
}

func (m *memory) Publish(ctx context.Context, k release.Key, c release.Content, ifMD5 string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.onPublish != nil {
		if err := m.onPublish(k); err != nil {
			return err
		}
	}
	m.mu.Lock()
	d := m.docs[k]
	if d != nil && d.text != "" && ifMD5 != "" && sum(d.text) != ifMD5 && !m.ignoreCAS {
		m.mu.Unlock()
		return &source.Error{Kind: source.Conflict, Op: "publish", Document: k.String()}
	}
	meta := c.Metadata
	if c.KeepTags && d != nil {
		meta = nacos.Metadata{Type: cmp.Or(c.Metadata.Type, d.meta.Type), App: d.meta.App, Tags: d.meta.Tags, Description: c.Metadata.Description}
	}
	m.setLocked(k, string(c.Data), meta)
	m.publishes++
	m.authors[k] = c.Author
	m.mu.Unlock()
	if m.answerLost != nil {
		return m.answerLost(k)
	}
	return nil
}

func (m *memory) Delete(ctx context.Context, k release.Key) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.onDelete != nil {
		if err := m.onDelete(k); err != nil {
			return err
		}
	}
	m.mu.Lock()
	if m.docs[k] != nil {
		m.setLocked(k, "", nacos.Metadata{})
	}
	m.deleted = append(m.deleted, k)
	m.mu.Unlock()
	if m.deleteLost != nil {
		return m.deleteLost(k)
	}
	return nil
}

func (m *memory) Listeners(ctx context.Context, k release.Key) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.listening == nil {
		return 0, &source.Error{Kind: source.PermissionDenied, Op: "list listeners", Document: k.String()}
	}
	return m.listening[k], ctx.Err()
}

func (m *memory) Probe(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.probes++
	if m.ignoreCAS {
		return &source.Error{Kind: source.InvalidArgument, Op: "probe", Err: nacos.NotSupported}
	}
	return ctx.Err()
}

// files is a store in memory.
type files struct {
	mu     sync.Mutex
	all    map[string][]byte
	locked map[string]bool
}

func newFiles() *files { return &files{all: map[string][]byte{}, locked: map[string]bool{}} }

func (f *files) Save(environment, name string, text []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all[environment+"/"+name] = slices.Clone(text)
	return nil
}

func (f *files) Load(environment, name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[environment+"/"+name], nil
}

func (f *files) List(environment string) (names []string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name := range f.all {
		names = append(names, name[len(environment)+1:])
	}
	slices.Sort(names)
	return names, nil
}

func (f *files) Remove(environment, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, environment+"/"+name)
	return nil
}

func (f *files) Lock(environment string) (func(), error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.locked[environment] {
		return nil, source.Conflict
	}
	f.locked[environment] = true
	return func() { f.mu.Lock(); defer f.mu.Unlock(); delete(f.locked, environment) }, nil
}

// machine is one that can be killed: from one operation on, nothing that it does has an effect.
type machine struct {
	*memory
	*files
	mu    sync.Mutex
	ops   int
	at    int  // the operation at which it dies; 0: never
	after bool // that operation is carried out, and its answer is lost
}

var errKilled = &source.Error{Kind: source.PermissionDenied, Op: "live", Err: errors.New("killed")}

// step counts an operation, and reports whether it is carried out and whether the machine lives on.
func (k *machine) step() (carriedOut, alive bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ops++
	switch {
	case k.at == 0 || k.ops < k.at:
		return true, true
	case k.ops == k.at:
		return k.after, false
	}
	return false, false
}

func (k *machine) dead() bool { k.mu.Lock(); defer k.mu.Unlock(); return k.at > 0 && k.ops >= k.at }

func (k *machine) do(op func() error) error {
	carriedOut, alive := k.step()
	var err error
	if carriedOut {
		err = op()
	}
	if !alive {
		return errKilled
	}
	return err
}

func (k *machine) Read(ctx context.Context, key release.Key) (st release.State, err error) {
	err = k.do(func() (err error) { st, err = k.memory.Read(ctx, key); return err })
	return st, err
}

func (k *machine) Get(ctx context.Context, key release.Key) (st release.State, err error) {
	err = k.do(func() (err error) { st, err = k.memory.Get(ctx, key); return err })
	return st, err
}

func (k *machine) Publish(ctx context.Context, key release.Key, c release.Content, ifMD5 string) error {
	return k.do(func() error { return k.memory.Publish(ctx, key, c, ifMD5) })
}

func (k *machine) Delete(ctx context.Context, key release.Key) error {
	return k.do(func() error { return k.memory.Delete(ctx, key) })
}

func (k *machine) Listeners(ctx context.Context, key release.Key) (n int, err error) {
	err = k.do(func() (err error) { n, err = k.memory.Listeners(ctx, key); return err })
	return n, err
}

func (k *machine) Probe(ctx context.Context) error {
	return k.do(func() error { return k.memory.Probe(ctx) })
}

func (k *machine) Save(environment, name string, text []byte) error {
	return k.do(func() error { return k.files.Save(environment, name, text) })
}

func (k *machine) Remove(environment, name string) error {
	return k.do(func() error { return k.files.Remove(environment, name) })
}

// world is an environment of ten documents: seven that change, two that are new, one that stays.
type world struct {
	srv    *memory
	target release.Target
	base   map[release.Key]string
	want   map[release.Key]string
	atKey  release.Key // of the manifest
	prune  bool        // what the repository no longer has is deleted
	steps  bool        // the release raises the percentage of a rule step by step
}

func key(id string) release.Key { return release.Key{Group: "G", DataID: id} }

var (
	human = nacos.Metadata{Description: "written by a person", Tags: []string{"team-a"}, App: "orders", Type: "yaml"}
	bare  = nacos.Metadata{Type: "yaml"}
)

func newWorld(t *testing.T, withManifest bool) *world {
	t.Helper()
	w := &world{srv: newMemory(), base: map[release.Key]string{}, want: map[release.Key]string{}, atKey: key("release.yaml")}
	env := &repository.Environment{Name: "prod"}
	var docs []repository.Document
	before := map[string][]byte{}
	for i := range 10 {
		id := fmt.Sprintf("d%d.yaml", i)
		k := key(id)
		d := repository.Document{DataID: id, Stage: 1 + i/4, File: "base/" + id, Content: fmt.Appendf(nil, "v: new\nn: %d\n", i)}
		switch {
		case i < 7:
			w.base[k] = fmt.Sprintf("v: old\nn: %d\n", i)
		case i == 9:
			w.base[k] = string(d.Content)
		}
		if text, ok := w.base[k]; ok {
			meta := bare
			if i%2 == 0 {
				meta = human
			}
			w.srv.put(k, text, meta)
			before[id] = []byte(text)
		}
		w.want[k] = string(d.Content)
		docs = append(docs, d)
	}
	if withManifest {
		env.Manifest = &repository.Manifest{DataID: w.atKey.DataID, Audience: []manifest.Audience{{Namespace: "*", Group: "*", Service: "*"}}}
		m := manifest.New("first", before)
		m.Sequence = 7
		w.srv.put(w.atKey, string(m.YAML()), bare)
	}
	w.target = release.Target{Environment: env, Documents: docs}
	_ = w.srv.sleep(context.Background(), time.Minute)
	return w
}

// gone are documents that an earlier release has published and the repository no longer has.
var gone = []release.Key{key("gone0.yaml"), key("gone1.yaml"), key("gone2.txt")}

// withGone publishes them, with a record that knows them.
func (w *world) withGone() *world {
	r := release.Record{SchemaVersion: 1, Environment: "prod", Phase: "applied", Release: "first", Last: "first", Author: "kim", Reason: "a start", Holder: "h"}
	for i, k := range gone {
		text, meta := fmt.Sprintf("v: gone\nn: %d\n", i), human
		if i == 2 {
			meta = nacos.Metadata{Type: "text", Use: "a list", Effect: "none"}
		}
		w.base[k] = text
		w.srv.put(k, text, meta)
		r.Inventory = append(r.Inventory, release.Entry{Key: k, MD5: sum(text)})
	}
	w.prune = true
	w.record(r)
	return w
}

func (w *world) record(r release.Record) {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	w.srv.put(key("nacre.release.prod"), string(text), bare)
	_ = w.srv.sleep(context.Background(), time.Minute)
}

func (w *world) machine() *machine { return &machine{memory: w.srv, files: newFiles()} }

func (w *world) options(store release.Store, name string) release.Options {
	o := release.Options{Release: name, Reason: "more pools", Author: "kim", Folder: store, Workers: 4, Prune: w.prune, Now: w.srv.clock, Sleep: w.srv.sleep}
	if w.steps {
		o.Steps = &release.Steps{Rule: "canary", Percentages: []float64{1, 10, 50, 100}, Reached: func(ctx context.Context, s release.Step) error { return w.reached(ctx, s, store) }}
	}
	return o
}

func (w *world) plan(t *testing.T) *release.Plan {
	t.Helper()
	p, err := release.NewPlan(t.Context(), w.srv, w.target, "abc", w.options(nil, ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// documents returns what the server has of the documents of the world.
func (w *world) documents() map[release.Key]string {
	all := map[release.Key]string{}
	for _, known := range []map[release.Key]string{w.base, w.want} {
		for k := range known {
			if text := w.srv.text(k); text != "" {
				all[k] = text
			}
		}
	}
	return all
}

func (w *world) has(want map[release.Key]string) bool { return maps.Equal(w.documents(), want) }

// listed returns the documents that a manifest lists: that of the start does not list those that
// the repository no longer has, or the plan would be about them anyway.
func (w *world) listed(docs map[release.Key]string) map[release.Key]string {
	all := maps.Clone(docs)
	maps.DeleteFunc(all, func(k release.Key, _ string) bool { return slices.Contains(gone, k) })
	return all
}

// wantManifest checks that the manifest lists exactly these documents.
func (w *world) wantManifest(t *testing.T, name string, docs map[release.Key]string, least uint64) uint64 {
	t.Helper()
	m, err := manifest.Parse([]byte(w.srv.text(w.atKey)))
	if err != nil {
		t.Fatalf("the manifest: %v", err)
	}
	if m.Release != name || m.Sequence < least || len(m.Documents) != len(docs) {
		t.Errorf("the manifest has release %s, sequence %d and %d documents, want %s, at least %d and %d", m.Release, m.Sequence, len(m.Documents), name, least, len(docs))
	}
	for _, d := range m.Documents {
		var one manifest.Manifest
		one.Add(manifest.Document{Name: d.Name}, []byte(docs[key(d.Name)]))
		if one.Documents[0].SHA256 != d.SHA256 {
			t.Errorf("the manifest has another digest of %s", d.Name)
		}
	}
	return m.Sequence
}
