package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/rescue"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// diskSet is what the disk has for the layers at the start: the documents of one copy, which were
// live together, and seeds for documents that the copy does not have.
type diskSet struct {
	path     string // of the copy; empty for a set of seeds
	savedAt  time.Time
	contents []*pipeline.Content // by layer; nil for none
	verified []time.Time         // by layer: when the content was last verified
}

// copies is the last known good copy: what the start found on disk, and what saves it.
type copies struct {
	saver     *lastgood.Saver // nil if the config keeps no copy
	suspended atomic.Bool     // the contents that the service started with are not to be saved: a build fails

	// immutable once Start has read the disk
	sets    []diskSet // the newest copy first; a set of seeds alone is the last one
	skipped []error   // why files are not used
	seedErr string    // the errors of seeds, for Health
}

// DocumentKey returns what identifies the documents of a source in a last known good copy. It does
// not depend on the servers of the source, or on its place among the layers.
func DocumentKey(s source.Source) string {
	d := source.DescriptionOf(s)
	switch {
	case d.Document != "" && d.Namespace != "":
		return d.Namespace + "/" + d.Group + "/" + d.Document
	case d.Identity != "":
		return d.Identity
	}
	return s.Name()
}

func (l *layerState) copyID() lastgood.ID { return lastgood.ID{Key: l.key, Identity: l.identity} }

// manifestKey returns the key of the layer with a signed manifest; empty if it is local, or if
// there is none.
func (e *Engine) manifestKey() string {
	for _, l := range e.layers {
		if l.Manifest && l.decode.Signed() && !l.local {
			return l.key
		}
	}
	return ""
}

// copyKeys returns the keys of the remote layers.
func copyKeys(layers []*layerState) (keys []string) {
	for _, l := range layers {
		if !l.local {
			keys = append(keys, l.key)
		}
	}
	return keys
}

// readDisk makes the sets of what the saver found and of the seeds.
func (e *Engine) readDisk() {
	e.copies.skipped = e.copies.saver.Skipped()
	seeds := e.readSeeds()
	var remote []*layerState
	var ids []lastgood.ID
	for _, l := range e.layers {
		if !l.local {
			remote, ids = append(remote, l), append(ids, l.copyID())
		}
	}
	for _, c := range e.copies.saver.Copies() {
		set := diskSet{path: c.Path, savedAt: c.SavedAt, contents: slices.Clone(seeds), verified: make([]time.Time, len(e.layers))}
		found := false
		for i, saved := range c.Match(ids) {
			if saved != nil {
				found = true
				content := pipeline.NewContent(saved.Content(), e.LastKnownGoodKey)
				content.FromDisk = true
				set.contents[remote[i].index] = content
				set.verified[remote[i].index] = verifiedTime(saved.VerifiedAt)
			}
		}
		if found {
			e.copies.sets = append(e.copies.sets, set)
		}
	}
	if slices.ContainsFunc(seeds, func(c *pipeline.Content) bool { return c != nil }) {
		e.copies.sets = append(e.copies.sets, diskSet{contents: seeds, verified: make([]time.Time, len(e.layers))})
	}
}

// readSeeds returns the seed of each layer, or nil. Errors show in Health and the log, and do not
// prevent a start.
func (e *Engine) readSeeds() []*pipeline.Content {
	contents := make([]*pipeline.Content, len(e.layers))
	if e.LastKnownGoodSeed == "" {
		return contents
	}
	var remote []*layerState
	var ids []lastgood.SeedID
	for _, l := range e.layers {
		if l.local {
			continue
		}
		d := source.DescriptionOf(l.Source)
		name := d.Document
		if name == "" {
			name = l.Source.Name()
		}
		remote, ids = append(remote, l), append(ids, lastgood.SeedID{Namespace: d.Namespace, Group: d.Group, Name: name})
	}
	seeds, errs := lastgood.ReadSeeds(e.LastKnownGoodSeed, ids)
	for i, seed := range seeds {
		if seed == nil {
			continue
		}
		content, err := e.seedContent(remote[i], seed)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		seeded := pipeline.NewContent(content, e.LastKnownGoodKey)
		seeded.FromDisk, seeded.FromSeed = true, true
		contents[remote[i].index] = seeded
	}
	var texts []string
	for _, err := range errs {
		texts = append(texts, err.Error())
		e.emit(observe.Event{Kind: observe.LastKnownGoodFailed, Location: e.LastKnownGoodSeed, Err: err})
	}
	e.copies.seedErr = strings.Join(texts, "; ")
	e.copies.skipped = append(e.copies.skipped, errs...)
	return contents
}

// seedContent returns the content of a layer whose first document has a seed. A source of which the
// other documents depend on it reads them from the seed too.
func (e *Engine) seedContent(l *layerState, seed *lastgood.Seed) (c source.Content, err error) {
	if s, ok := source.As[source.Seeder](l.Source); ok {
		var errs []error
		failed := rescue.Do(func() error {
			c, err = s.Seed(func(namespace, group, name string) (source.Document, bool) {
				found, problems := lastgood.ReadSeeds(e.LastKnownGoodSeed, []lastgood.SeedID{{Namespace: namespace, Group: group, Name: name}})
				errs = append(errs, problems...)
				if found[0] == nil {
					return source.Document{}, false
				}
				return found[0].Document, true
			})
			return err
		})
		if failed != nil {
			return c, fmt.Errorf("seed of layer %s: %w", l.name, errors.Join(append(errs, failed)...))
		}
	} else {
		sum := sha256.Sum256(seed.Document.Data)
		c = source.Content{Revision: source.Revision("sha256:" + hex.EncodeToString(sum[:])), Documents: []source.Document{seed.Document}}
	}
	for i := range c.Documents {
		c.Documents[i].AllowUnknown = c.Documents[i].AllowUnknown || l.AllowUnknown
	}
	return c, nil
}

// has reports whether the set has a content for each layer for which need returns true.
func (s *diskSet) has(layers []*layerState, need func(*layerState) bool) bool {
	return !slices.ContainsFunc(layers, func(l *layerState) bool {
		c := s.contents[l.index]
		return need(l) && (c == nil || l.lacksDocument(c))
	})
}

// completeSets returns the sets with a content for every layer that Open needs and that is down,
// the newest first. No set is mixed with another: their documents may never have been live
// together.
func (e *Engine) completeSets() (complete []*diskSet) {
	for i := range e.copies.sets {
		if set := &e.copies.sets[i]; set.has(e.layers, isMissing) {
			complete = append(complete, set)
		}
	}
	return complete
}

// bootCandidate returns the candidate of the contents in a set for the layers for which old returns
// true, and the newest contents of the others. The set may be nil.
func (e *Engine) bootCandidate(set *diskSet, old func(*layerState) bool) candidate {
	return e.candidateOf(func(l *layerState) *pipeline.Content {
		if set == nil || !old(l) || set.contents[l.index] == nil {
			return l.latest
		}
		e.table.change(func() {
			l.diskCopy, l.lastHealthyAt = set.contents[l.index], set.verified[l.index]
		})
		return l.diskCopy
	})
}

// reportSkipped reports the copies that cannot be used when the start needs one.
func (e *Engine) reportSkipped() {
	if !slices.ContainsFunc(e.layers, func(l *layerState) bool { return !l.local && isReplaceable(l) }) {
		return
	}
	e.copies.saver.ReportSkipped()
}

// missingCopies says which of the layers that are down have a copy, and why the others have none;
// nil if no copies are kept, or no layer that may have one is missing.
func (e *Engine) missingCopies() error {
	if e.copies.saver == nil && e.LastKnownGoodSeed == "" {
		return nil
	}
	var have, lack []string
	needed, down := false, false
	for _, l := range e.layers {
		if l.local || !isReplaceable(l) {
			continue
		}
		needed = needed || isMissing(l)
		down = down || l.latest == nil
		if where := e.describeCopy(l); where != "" {
			have = append(have, "layer "+l.name+" has "+where)
		} else {
			lack = append(lack, l.name)
		}
	}
	if !needed {
		return nil
	}
	texts := have
	if len(lack) > 0 {
		texts = append(texts, "there is none of "+strings.Join(lack, ", ")+e.searched())
	} else {
		texts = append(texts, "no copy has all of these documents, and nacre does not mix documents that were not live together")
	}
	for _, err := range e.copies.skipped {
		texts = append(texts, "not used: "+err.Error())
	}
	found := strings.Join(texts, "; ")
	if !down { // the error of the layer says what to do about a document that does not exist
		return fmt.Errorf("last known good copy: %s", found)
	}
	return fmt.Errorf("last known good copy: %s - start when the sources answer, set Options.LastKnownGoodSeed, or use nacre.MayBeDown() for a layer that the service can start without", found)
}

// describeCopy says where the newest copy of a layer is, and how old; empty if there is none.
func (e *Engine) describeCopy(l *layerState) string {
	for _, set := range e.copies.sets {
		c := set.contents[l.index]
		switch {
		case c == nil:
		case c.FromSeed:
			return "a seed, " + c.Documents[0].Location
		default:
			return fmt.Sprintf("a copy, saved %s ago, in %s", time.Since(set.savedAt).Round(time.Second), set.path)
		}
	}
	return ""
}

// searched says where copies and seeds were searched.
func (e *Engine) searched() string {
	var places []string
	if path := e.copies.saver.Path(); path != "" {
		places = append(places, filepath.Dir(path))
	}
	if e.LastKnownGoodSeed != "" {
		places = append(places, e.LastKnownGoodSeed)
	}
	if places == nil {
		return ""
	}
	return " in " + strings.Join(places, " or ")
}
