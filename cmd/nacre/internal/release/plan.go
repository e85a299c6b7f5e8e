package release

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/document"
	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/cmd/nacre/internal/routing"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

// Plan is a change of an environment that can be applied. It has no contents and no values.
type Plan struct {
	SchemaVersion int       `json:"schema_version"`
	Kind          string    `json:"kind"`
	Environment   string    `json:"environment"`
	Server        string    `json:"server"`
	Namespace     string    `json:"namespace"`
	Commit        string    `json:"commit,omitempty"` // of the repository, as the caller knows it
	Created       time.Time `json:"created"`
	// Changes is the number of documents that change.
	Changes   int        `json:"changes"`
	Documents []Change   `json:"documents"` // in the order of their publication; deletions last
	Unchanged []Document `json:"unchanged"`
	// Manifest is the document that lists the others; nil: there is none.
	Manifest *Document `json:"manifest,omitempty"`
	// ManifestDiffers reports that the manifest of the server is missing, or does not list exactly
	// what the repository has. It does so after each change; without one it was changed by hand.
	ManifestDiffers bool `json:"manifest_differs,omitempty"`
	// Left are documents that the environment has had, or that the manifest of the server lists,
	// and that the repository no longer has. They stay on the server.
	Left []Left `json:"left,omitempty"`
	// Rollback is what a check of the state before the release has found: a rollback restores it.
	Rollback *Validity `json:"rollback,omitempty"`
	// Notes are sentences for people.
	Notes []string `json:"notes,omitempty"`
	// Digest is the SHA-256 of the plan without it.
	Digest string `json:"digest"`
}

// Document is a document of a plan.
type Document struct {
	Key
	File    string `json:"file,omitempty"`
	BaseMD5 string `json:"base_md5"` // what the server has; empty: the document does not exist
	SHA256  string `json:"sha256,omitempty"`
}

// Change is a document that changes.
type Change struct {
	Document
	Action       string    `json:"action"` // "create", "update", "retype" or "delete"
	Stage        int       `json:"stage"`
	Type         string    `json:"type,omitempty"`
	BaseModified time.Time `json:"base_modified,omitzero"`
	BaseSize     int       `json:"base_size"`
	Size         int       `json:"size"`
	MD5          string    `json:"md5,omitempty"`
	// Listeners is how many addresses listen to a document that is deleted; nil: not known.
	Listeners *int `json:"listeners,omitempty"`
	// Keys are the keys that differ. Nil: the format has none, or the document cannot be read.
	Keys []KeyChange `json:"keys,omitempty"`
	// Routes are the rules that differ, of a routing document.
	Routes []routing.Change `json:"routes,omitempty"`
	// Loss is what the document loses, for those who ask what a change guard would say. Nil: it
	// loses nothing, or that is not known.
	Loss *document.Loss `json:"loss,omitempty"`
}

// The actions of a plan.
const (
	actionCreate = "create"
	actionUpdate = "update"
	actionRetype = "retype" // only the type on the server changes
	actionDelete = "delete"
)

// Target is what a repository has for an environment.
type Target struct {
	Environment *repository.Environment
	Documents   []repository.Document
	// Others are the environments of the repository. What they have is not deleted.
	Others []repository.Environment
}

// Empty reports whether there is nothing to publish.
func (p *Plan) Empty() bool { return p.Changes == 0 && !p.ManifestDiffers }

// NewPlan compares the documents of an environment with the server. It reads, and changes nothing.
// Documents that services cannot decode are a [source.Problems].
func NewPlan(ctx context.Context, srv Server, t Target, commit string, o Options) (*Plan, error) {
	o = o.withDefaults()
	p := &Plan{
		SchemaVersion: 1, Kind: planKind, Environment: t.Environment.Name, Server: srv.Name(), Namespace: srv.Namespace(),
		Commit: commit, Created: o.Now().UTC().Truncate(time.Second), Documents: []Change{}, Unchanged: []Document{},
	}
	keys, err := t.keys(srv)
	if err != nil {
		return nil, err
	}
	states, err := readAll(ctx, srv.Get, keys, o)
	if err != nil {
		return nil, err
	}
	var problems source.Problems
	for i, d := range t.Documents {
		if p.add(ctx, d, keys[i], states[i]) {
			problems = append(problems, ProblemsOf(ctx, keys[i].DataID, d)...)
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	var listed []Key // by the manifest only
	if m := t.Environment.Manifest; m != nil {
		k := manifestKey(srv, m)
		st := states[len(keys)-1]
		p.Manifest = &Document{Key: k, BaseMD5: st.MD5}
		listed = left(k, st.Content, keys)
		p.ManifestDiffers = len(listed) > 0 || t.compareManifest(srv, st) != foundSame
	}
	r, err := ReadRecord(ctx, srv, t.Environment.Name)
	if err != nil {
		return nil, err
	}
	deleted, err := p.prune(ctx, srv, t, r.Inventory, keys, listed, o)
	if err != nil {
		return nil, err
	}
	p.Changes = len(p.Documents)
	if p.Changes > 0 {
		for k, st := range deleted {
			keys, states = append(keys, k), append(states, st)
		}
		if p.Rollback, err = p.reversal(keys, states).validity(ctx, o); err != nil {
			return nil, err
		}
	}
	if err := p.noteMetadata(ctx, srv); err != nil {
		return nil, err
	}
	p.Digest = p.digest()
	return p, nil
}

// keys returns the keys of the documents, and that of the manifest at the end.
func (t Target) keys(srv Server) ([]Key, error) {
	var keys []Key
	seen := map[Key]bool{}
	add := func(k Key, what string) error {
		if IsRecord(k.DataID) {
			return &source.Error{Kind: source.InvalidArgument, Op: "plan", Document: k.String(),
				Err: errors.New("is the name of a record, which only nacre writes"), Fix: "remove it from " + repository.FileName + ", or give it another data_id"}
		}
		if seen[k] {
			return &source.Error{Kind: source.InvalidArgument, Op: "plan", Document: k.String(),
				Err: errors.New(what + " is there twice"), Fix: "give one of them another data_id or group in " + repository.FileName}
		}
		seen[k] = true
		keys = append(keys, k)
		return nil
	}
	for _, d := range t.Documents {
		if err := add(KeyOf(srv, d), "the document"); err != nil {
			return nil, err
		}
	}
	if m := t.Environment.Manifest; m != nil {
		if err := add(manifestKey(srv, m), "the manifest"); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// KeyOf returns the key of a document of a repository.
func KeyOf(srv Server, d repository.Document) Key {
	k := Key{Group: d.Group, DataID: d.DataID}
	if k.Group == "" {
		k.Group = srv.Group()
	}
	return k
}

func manifestKey(srv Server, m *repository.Manifest) Key {
	k := Key{Group: m.Group, DataID: m.DataID}
	if k.Group == "" {
		k.Group = srv.Group()
	}
	return k
}

// noteMetadata says what is lost if metadata cannot be read. One document shows it.
func (p *Plan) noteMetadata(ctx context.Context, srv Server) error {
	for _, c := range p.Documents {
		if c.Action == actionCreate {
			continue
		}
		st, err := srv.Read(ctx, c.Key)
		if err == nil && st.Exists() && st.Metadata == nil {
			p.Notes = append(p.Notes, "metadata cannot be read: publishing a document clears its description; its type, application and tags stay; "+
				"a document that is deleted and restored by a rollback keeps its type only")
		}
		return err
	}
	return nil
}

// readAll reads documents, several at once.
func readAll(ctx context.Context, read func(context.Context, Key) (State, error), keys []Key, o Options) ([]State, error) {
	states := make([]State, len(keys))
	done := newCounter(o, "read", len(keys))
	err := parallel.Each(ctx, o.Workers, len(keys), func(ctx context.Context, i int) (err error) {
		states[i], err = read(ctx, keys[i])
		done(keys[i])
		return err
	})
	return states, err
}

// add adds a document, and reports whether it is to be published.
func (p *Plan) add(ctx context.Context, d repository.Document, k Key, st State) bool {
	doc := Document{Key: k, File: d.File, BaseMD5: st.MD5, SHA256: sha256Of(d.Content)}
	c := Change{
		Document: doc, Stage: d.Stage, Type: d.Type, BaseModified: st.Modified.UTC(), BaseSize: len(st.Content), Size: len(d.Content),
		MD5: md5Of(d.Content), Action: actionUpdate,
	}
	switch {
	case !st.Exists():
		c.Action = actionCreate
	case st.MD5 != c.MD5:
	case d.Type != "" && st.Type != d.Type:
		c.Action = actionRetype
	default:
		p.Unchanged = append(p.Unchanged, doc)
		return false
	}
	if c.Action != actionRetype {
		c.Keys, c.Loss = compareKeys(ctx, k, d.Type, st.Content, d.Content)
	}
	if routing.Is(d) {
		p.compareRoutes(&c, d, st.Content)
	}
	p.Documents = append(p.Documents, c)
	return true
}

// left returns the documents of the manifest of the server that are not in the repository.
func left(at Key, text []byte, keys []Key) (all []Key) {
	m, err := manifest.Parse(text)
	if err != nil {
		return nil
	}
	for _, d := range m.Documents {
		k := Key{Group: d.Group, DataID: d.Name}
		if k.Group == "" {
			k.Group = at.Group
		}
		if !slices.Contains(keys, k) {
			all = append(all, k)
		}
	}
	return all
}

// format returns the format of a document for the manifest.
func format(k Key, typ string) string {
	if f := source.FormatOf(k.DataID); f != "" {
		return f
	}
	return strings.ToLower(typ)
}

// newCounter returns a function that reports each document of a phase.
func newCounter(o Options, phase string, total int) func(Key) {
	done := make(chan int, 1)
	done <- 0
	return func(k Key) {
		n := <-done + 1
		o.Progress(Progress{Phase: phase, Done: n, Total: total, Document: k.String()})
		done <- n
	}
}
