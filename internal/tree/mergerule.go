package tree

import (
	"errors"
	"strings"
)

// MergeHow is a way to make one list of the lists of several layers.
type MergeHow uint8

// The ways to merge lists. MergeUnset is that of a field without a merge tag.
const (
	// MergeUnset: the highest list replaces the others. A document that gives single items of a
	// list that a lower layer has is a problem, because the other items would be lost.
	MergeUnset   MergeHow = iota
	MergeReplace          // the highest list replaces the others
	MergeAppend           // the items of all lists, those of the lowest layer first
	MergeIndex            // items at the same position are merged
	MergeKey              // items with the same value of a key are merged
)

// MergeRule says how lists merge. It is the merge tag of a field.
type MergeRule struct {
	How MergeHow
	// Key is the key that items are matched by, of a MergeKey.
	Key string
}

// Joins reports whether a list keeps items of lower lists.
func (r MergeRule) Joins() bool { return r.How >= MergeAppend }

// String returns the text of the tag; empty if there is none.
func (r MergeRule) String() string {
	return [...]string{"", "replace", "append", "index", "key="}[r.How] + r.Key
}

// ParseMergeRule parses a merge tag.
func ParseMergeRule(tag string) (MergeRule, error) {
	if key, ok := strings.CutPrefix(tag, "key="); ok {
		if key == "" {
			return MergeRule{}, errors.New("the merge tag names no key; write merge:\"key=name\" with a key of the items")
		}
		return MergeRule{How: MergeKey, Key: key}, nil
	}
	for _, how := range []MergeHow{MergeReplace, MergeAppend, MergeIndex} {
		if r := (MergeRule{How: how}); r.String() == tag {
			return r, nil
		}
	}
	return MergeRule{}, errors.New("the merge tag must be replace, append, index or key=…")
}
