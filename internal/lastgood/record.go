package lastgood

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// Record is the content of a copy: the contents of one good version.
type Record struct {
	SavedAt time.Time `json:"saved_at"`
	Version int64     `json:"version"`
	Sum     string    `json:"sum"`
	// Sequence counts the sealed copies that were saved at a path, by all processes; 0 in a copy
	// that is not sealed.
	Sequence int64   `json:"sequence,omitempty"`
	Layers   []Layer `json:"layers"`
	// Accepted records the signed releases that were live; nil if there were none.
	Accepted *Accepted `json:"accepted,omitempty"`
}

// Accepted holds the highest sequence of a signed release that was live, with the digest of that
// release, and the digest of a release that an operator approved although its sequence is not
// higher. Digests are in hexadecimal.
type Accepted struct {
	// Manifest is the key of the layer that has the manifest; empty for a local one.
	Manifest string `json:"manifest,omitempty"`
	Sequence uint64 `json:"sequence"`
	Digest   string `json:"digest"`
	Approved string `json:"approved,omitempty"`
}

// ID identifies the documents of a layer. Key is the same whatever server, layer or struct the
// service uses for them, such as "public/DEFAULT_GROUP/orders.yaml". Identity is what the source
// says of its origin, with its servers; it decides between layers with the same key.
type ID struct {
	Key      string `json:"key"`
	Identity string `json:"identity"`
}

// Layer is the content of one layer.
type Layer struct {
	ID
	// VerifiedAt is the time at which the content was last known to be the newest.
	VerifiedAt time.Time       `json:"proven_at"`
	Revision   source.Revision `json:"revision"`
	Documents  []Document      `json:"documents"`
}

// Document is a source.Document in a copy.
type Document struct {
	Name         string `json:"name"`
	Absent       bool   `json:"absent,omitempty"`
	Format       string `json:"format,omitempty"`
	Data         []byte `json:"data"`
	Tree         plain  `json:"tree,omitzero"`
	AllowUnknown bool   `json:"allow_unknown,omitempty"`
	Optional     bool   `json:"optional,omitempty"`
	Selects      bool   `json:"selects,omitempty"`
	Note         string `json:"note,omitempty"`
	Namespace    string `json:"namespace,omitempty"`
	Group        string `json:"group,omitempty"`
	Digest       digest `json:"digest,omitzero"`
	Origin       origin `json:"origin,omitzero"`
}

type (
	digest struct{ Algorithm, Hex string }
	origin struct {
		Location string
		Modified time.Time
	}
)

func (d digest) text() string {
	if d == (digest{}) {
		return ""
	}
	return d.Algorithm + ":" + d.Hex
}

// NewLayer returns a layer with the content c.
func NewLayer(id ID, provenAt time.Time, c source.Content) Layer {
	l := Layer{ID: id, VerifiedAt: provenAt, Revision: c.Revision}
	for _, d := range c.Documents {
		algorithm, sum, _ := strings.Cut(d.Digest, ":")
		l.Documents = append(l.Documents, Document{
			Name: d.Name, Absent: d.Absent, Format: d.Format, Data: d.Data, Tree: plain{d.Tree},
			Optional: d.Optional, Selects: d.Selects, Note: d.Note, Namespace: d.Namespace, Group: d.Group,
			AllowUnknown: d.AllowUnknown, Digest: digest{algorithm, sum},
			Origin: origin{d.Location, storable(d.Modified)},
		})
	}
	return l
}

// storable returns the zero time for a time that JSON cannot express. A source reports what its
// server says, and that must not prevent the copy from being saved.
func storable(t time.Time) time.Time {
	if year := t.UTC().Year(); year < 1 || year > 9998 { // one year for time zones
		return time.Time{}
	}
	return t
}

// Content returns the argument of NewLayer.
func (l Layer) Content() source.Content {
	c := source.Content{Revision: l.Revision}
	for _, d := range l.Documents {
		c.Documents = append(c.Documents, source.Document{
			Name: d.Name, Absent: d.Absent, Format: d.Format, Data: d.Data, Tree: d.Tree.m,
			Optional: d.Optional, Selects: d.Selects, Note: d.Note, Namespace: d.Namespace, Group: d.Group,
			AllowUnknown: d.AllowUnknown, Digest: d.Digest.text(), Location: d.Origin.Location, Modified: d.Origin.Modified,
		})
	}
	return c
}

// Match returns the layers of the copy for layers with these IDs, in their order; nil for one that
// the copy does not have. Layers with one key are told apart by their identities. Those that differ
// in nothing are matched in order, if there are as many of them as in the copy.
func (r *Record) Match(ids []ID) []*Layer {
	found, taken := make([]*Layer, len(ids)), map[*Layer]bool{}
	match := func(reduce func(ID) ID) {
		saved, wanted := map[ID][]*Layer{}, map[ID][]int{}
		for i := range r.Layers {
			if l := &r.Layers[i]; !taken[l] {
				saved[reduce(l.ID)] = append(saved[reduce(l.ID)], l)
			}
		}
		for i, id := range ids {
			if found[i] == nil {
				wanted[reduce(id)] = append(wanted[reduce(id)], i)
			}
		}
		for id, indexes := range wanted {
			if len(indexes) != len(saved[id]) {
				continue
			}
			for n, i := range indexes {
				found[i] = saved[id][n]
				taken[found[i]] = true
			}
		}
	}
	match(func(id ID) ID { return id })
	match(func(id ID) ID { return ID{Key: id.Key} })
	return found
}

// keys returns the keys of the layers.
func (r *Record) keys() []string {
	keys := make([]string, len(r.Layers))
	for i := range r.Layers {
		keys[i] = r.Layers[i].Key
	}
	return keys
}

// magic begins the first line of a file, which ends with the checksum of the rest.
const magic = "nacre-lastgood-2 sha256:"

func encode(r Record) ([]byte, error) {
	body, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return nil, err
	}
	body = append(body, '\n')
	sum := sha256.Sum256(body)
	return append([]byte(magic+hex.EncodeToString(sum[:])+"\n"), body...), nil
}

var (
	errNotOurs  = errors.New("file is not a last known good copy of this version of nacre")
	errTampered = errors.New("checksum does not match: the copy was changed or truncated")
	errContent  = errors.New("checksum matches, but the content does not parse")
)

// decode is the inverse of encode. Its errors contain nothing of the content.
func decode(data []byte) (*Record, error) {
	head, body, ok := bytes.Cut(data, []byte("\n"))
	declared, ours := bytes.CutPrefix(head, []byte(magic))
	if !ok || !ours {
		return nil, errNotOurs
	}
	sum := sha256.Sum256(body)
	if string(declared) != hex.EncodeToString(sum[:]) {
		return nil, errTampered
	}
	var r Record
	if json.Unmarshal(body, &r) != nil {
		return nil, errContent
	}
	return &r, nil
}
