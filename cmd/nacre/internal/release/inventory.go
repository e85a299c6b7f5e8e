package release

import (
	"cmp"
	"slices"
)

// Entry is a document that an environment has, with the content that its releases know. The record
// lists them: only what is in it can be deleted by a release.
type Entry struct {
	Key
	MD5 string `json:"md5"`
	// Adopted reports that the server had the content before the first release that knows the
	// document. No release has published it, and so none deletes it.
	Adopted bool `json:"adopted,omitempty"`
	// Manifest reports that a release has published the document as its manifest.
	Manifest bool `json:"manifest,omitempty"`
}

// inventory is a set of entries. While a release is being applied a key can have two: that of the
// content before and that of the content after.
type inventory []Entry

// published reports whether a release has published a document with this content.
func (v inventory) published(k Key, md5 string) bool {
	return slices.ContainsFunc(v, func(e Entry) bool { return e.Key == k && e.MD5 == md5 && !e.Adopted })
}

func (v inventory) knows(k Key) bool {
	return slices.ContainsFunc(v, func(e Entry) bool { return e.Key == k })
}

// of returns the entries of a document.
func (v inventory) of(k Key) (all inventory) {
	for _, e := range v {
		if e.Key == k {
			all = append(all, e)
		}
	}
	return all
}

// without returns the entries of other documents.
func (v inventory) without(gone map[Key]bool) inventory {
	return slices.DeleteFunc(slices.Clone(v), func(e Entry) bool { return gone[e.Key] })
}

// sorted returns the entries in order, each once.
func (v inventory) sorted() inventory {
	slices.SortFunc(v, func(a, b Entry) int {
		adopted := 0
		if a.Adopted != b.Adopted {
			adopted = 1
			if b.Adopted {
				adopted = -1
			}
		}
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.DataID, b.DataID), cmp.Compare(a.MD5, b.MD5), adopted)
	})
	return slices.Compact(v)
}

// applied returns the inventory after a release of the repository: what it publishes and what it
// finds, and of other documents what was there and is not deleted.
func (j *journal) inventory(unchanged []Document) inventory {
	changed := map[Key]bool{}
	var now inventory
	for _, s := range j.Steps {
		changed[s.Key] = true
		now = append(now, Entry{Key: s.Key, MD5: s.After.MD5})
	}
	for _, s := range j.Deletions {
		changed[s.Key] = true
	}
	for _, d := range unchanged {
		changed[d.Key] = true
		now = append(now, Entry{Key: d.Key, MD5: d.BaseMD5, Adopted: !j.Had.published(d.Key, d.BaseMD5)})
	}
	if m := j.Manifest; m != nil {
		changed[m.Key] = true
		now = append(now, Entry{Key: m.Key, MD5: m.After.MD5, Manifest: true})
	}
	return append(now, j.Had.without(changed)...).sorted()
}

// restoredInventory returns the inventory after a rollback: of the documents of the release that it
// undoes, what was there before.
func (j *journal) restoredInventory(of *journal) inventory {
	changed := map[Key]bool{}
	var now inventory
	for _, s := range append(of.Steps[:len(of.Steps):len(of.Steps)], of.Deletions...) {
		changed[s.Key] = true
		now = append(now, of.Had.of(s.Key)...)
	}
	if m := j.Manifest; m != nil {
		if changed[m.Key] = true; m.After.Exists {
			now = append(now, Entry{Key: m.Key, MD5: m.After.MD5, Manifest: true})
		}
	}
	return append(now, j.Had.without(changed)...).sorted()
}

// listed is the inventory of the record in a phase. While documents are being published both
// contents are the environment's own.
func (j *journal) listed(phase string) inventory {
	switch phase {
	case phaseApplying:
		return append(slices.Clone(j.Had), j.Has...).sorted()
	case phaseApplied:
		return j.Has
	}
	return j.Had
}

// keep takes a deletion out of a release: someone else has published the document meanwhile.
func (j *journal) keep(k Key) {
	j.Deletions = slices.DeleteFunc(j.Deletions, func(s step) bool { return s.Key == k })
	j.Has = append(j.Has, j.Had.of(k)...).sorted()
}
