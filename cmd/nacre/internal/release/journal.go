package release

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// journal is a rollback file: everything that is needed to finish a release or to undo it,
// without the repository.
type journal struct {
	SchemaVersion int    `json:"schema_version"`
	Kind          string `json:"kind"`
	Environment   string `json:"environment"`
	Server        string `json:"server"`
	Release       string `json:"release"`
	// Undoes names the release that this one rolls back.
	Undoes string    `json:"undoes,omitempty"`
	Author string    `json:"author"`
	Reason string    `json:"reason"`
	Trace  string    `json:"traceparent,omitempty"`
	Began  time.Time `json:"began"`
	Phase  string    `json:"phase"`
	// Plan is the digest of the plan, and Holder a random name of this attempt, which is in the
	// record too.
	Plan   string `json:"plan"`
	Holder string `json:"holder"`
	Steps  []step `json:"steps"` // in the order of their publication
	// Manifest is published after the steps; nil: there is none.
	Manifest *step `json:"manifest,omitempty"`
	// Deletions come last, when the manifest no longer names the documents.
	Deletions []step `json:"deletions,omitempty"`
	// Raised are the steps of a rule; nil: there are none.
	Raised *raised `json:"raised,omitempty"`
	// Had is the inventory of the environment before the release, and Has the one after it.
	Had inventory `json:"had,omitempty"`
	Has inventory `json:"has,omitempty"`
	// Rollback is what was found wrong with the state before the release.
	Rollback *Validity `json:"rollback,omitempty"`
	// Abandoned reports that a rollback has ended the release before all its deletions were made.
	Abandoned bool `json:"abandoned,omitempty"`
	// TookOver is the record of a release that another machine has begun and not finished.
	TookOver *Record `json:"took_over,omitempty"`
	Digest   string  `json:"digest"`
}

// The phases of a journal. Only a release in phaseApplying is to be continued.
const (
	phaseApplying = "applying"
	phaseApplied  = "applied"
	phaseUndone   = "undone"
	// phaseOvertaken is that of a release that another one has taken over. Its file keeps what was
	// there before.
	phaseOvertaken = "overtaken"
)

const (
	journalKind    = "nacre-rollback"
	journalVersion = 1
)

// step is a document before and after a release.
type step struct {
	Key    Key  `json:"key"`
	Stage  int  `json:"stage"`
	Before side `json:"before"`
	// Between are the contents that are published before After, one after the other.
	Between []side `json:"between,omitempty"`
	After   side   `json:"after"`
}

// side is one state of a document.
type side struct {
	Exists   bool            `json:"exists"`
	MD5      string          `json:"md5,omitempty"`
	Data     []byte          `json:"data,omitempty"`
	Type     string          `json:"type,omitempty"`
	Metadata *nacos.Metadata `json:"metadata,omitempty"` // nil: they could not be read
}

func sideOf(s State) side {
	return side{Exists: s.Exists(), MD5: s.MD5, Data: s.Content, Type: s.Type, Metadata: s.Metadata}
}

func newSide(data []byte, m *nacos.Metadata) side {
	return side{Exists: true, MD5: md5Of(data), Data: data, Metadata: m}
}

// all returns the steps, the manifest and the deletions.
func (j *journal) all() []step {
	all := j.Steps[:len(j.Steps):len(j.Steps)]
	if j.Manifest != nil {
		all = append(all, *j.Manifest)
	}
	return append(all, j.Deletions...)
}

func (j *journal) digest() string {
	bare := *j
	bare.Digest = ""
	text, err := json.Marshal(bare)
	if err != nil {
		return ""
	}
	return sha256Of(text)
}

// save writes the rollback file with another phase.
func (j *journal) save(to Store, phase string) error {
	j.Phase = phase
	j.Digest = j.digest()
	text, err := json.Marshal(j)
	if err == nil {
		err = to.Save(j.Environment, j.Release, text)
	}
	return err
}

// load reads a rollback file; nil: there is none.
func load(from Store, environment, release string) (*journal, error) {
	text, err := from.Load(environment, release)
	if err != nil || text == nil {
		return nil, err
	}
	var j journal
	bad := func(text string) error {
		return &source.Error{Kind: source.Corrupt, Op: "read", Document: "rollback file of " + release, Err: errors.New(text),
			Fix: "restore it from a backup; the record of the release and the history of the server say what was published"}
	}
	if json.Unmarshal(text, &j) != nil || j.Kind != journalKind {
		return nil, bad("is not a rollback file")
	}
	if j.SchemaVersion != journalVersion {
		return nil, bad(fmt.Sprintf("has schema version %d, and this program knows %d", j.SchemaVersion, journalVersion))
	}
	if j.Digest != j.digest() || j.Environment != environment || j.Release != release {
		return nil, bad("is damaged")
	}
	return &j, nil
}

// unfinished returns the release of an environment that has been begun and not finished here; nil:
// there is none.
func unfinished(from Store, environment string) (*journal, error) {
	names, err := from.List(environment)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		j, err := load(from, environment, name)
		if err != nil {
			return nil, err
		}
		if j != nil && j.Phase == phaseApplying {
			return j, nil
		}
	}
	return nil, nil
}
