package release

import (
	"context"
	"time"

	"github.com/nacre-go/nacre/manifest"
)

// Drift is how the server differs from the repository.
type Drift struct {
	Environment string  `json:"environment"`
	Record      Record  `json:"record"`
	Documents   []Found `json:"documents"`
	// Differences is the number of documents that are not the same, and of the manifest.
	Differences int `json:"differences"`
	// Unfinished says which release is not finished, and how to finish or undo it. Empty: none.
	Unfinished string `json:"unfinished,omitempty"`
}

// Found is one document of a comparison.
type Found struct {
	Key   Key    `json:"key"`
	File  string `json:"file,omitempty"`
	State string `json:"state"` // "same", "differs", "missing" or "unlisted"
	// MD5 is that of the content that the server has; empty: it has none, or was not asked.
	MD5 string `json:"md5,omitempty"`
	// Modified is when the server got the content; zero if it does not say.
	Modified time.Time `json:"modified,omitzero"`
	// Keys are the keys that differ.
	Keys []KeyChange `json:"keys,omitempty"`
}

// The states of a comparison.
const (
	foundSame     = "same"
	foundDiffers  = "differs"  // the server has another content, or the manifest another digest
	foundMissing  = "missing"  // the server has no such document
	foundUnlisted = "unlisted" // only the manifest of the server has it
)

// Verify compares the repository with the server. It changes nothing.
func Verify(ctx context.Context, srv Server, t Target, o Options) (*Drift, error) {
	o = o.withDefaults()
	keys, err := t.keys(srv)
	if err != nil {
		return nil, err
	}
	r, err := ReadRecord(ctx, srv, t.Environment.Name)
	if err != nil {
		return nil, err
	}
	states, err := readAll(ctx, srv.Get, keys, o)
	if err != nil {
		return nil, err
	}
	d := &Drift{Environment: t.Environment.Name, Record: r}
	if r.Phase == phaseApplying {
		d.Unfinished = r.state() + "; " + r.forward()
	}
	for i, doc := range t.Documents {
		f := Found{Key: keys[i], File: doc.File, State: foundSame, MD5: states[i].MD5, Modified: states[i].Modified.UTC()}
		switch {
		case !states[i].Exists():
			f.State = foundMissing
		case states[i].MD5 != md5Of(doc.Content):
			f.State = foundDiffers
			f.Keys, _ = compareKeys(ctx, keys[i], doc.Type, doc.Content, states[i].Content)
		}
		d.add(f)
	}
	if t.Environment.Manifest != nil {
		at := keys[len(keys)-1]
		d.add(Found{Key: at, State: t.compareManifest(srv, states[len(keys)-1])})
		for _, k := range left(at, states[len(keys)-1].Content, keys) {
			d.add(Found{Key: k, State: foundUnlisted})
		}
	}
	return d, nil
}

func (d *Drift) add(f Found) {
	d.Documents = append(d.Documents, f)
	if f.State != foundSame {
		d.Differences++
	}
}

// compareManifest compares the digests of a manifest with the repository.
func (t Target) compareManifest(srv Server, st State) string {
	if !st.Exists() {
		return foundMissing
	}
	m, err := manifest.Parse(st.Content)
	if err != nil {
		return foundDiffers
	}
	at := manifestKey(srv, t.Environment.Manifest)
	listed := map[Key][32]byte{}
	for _, d := range m.Documents {
		k := Key{Group: d.Group, DataID: d.Name}
		if k.Group == "" {
			k.Group = at.Group
		}
		listed[k] = d.SHA256
	}
	for _, d := range t.Documents {
		var want manifest.Manifest
		want.Add(manifest.Document{}, d.Content)
		if sum, ok := listed[KeyOf(srv, d)]; !ok || sum != want.Documents[0].SHA256 {
			return foundDiffers
		}
	}
	return foundSame
}
