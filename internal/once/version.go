package once

import "maps"

// Version is a version of the part of the configuration that a hook runs for.
type Version struct {
	// Sum identifies it. Instances with equal configuration have equal sums.
	Sum string
	// Documents are the times, in Unix milliseconds, at which the documents of the configuration
	// were published, by the clock of their origin. Documents without such a time are left out.
	Documents map[string]int64
}

// latest returns the later time of each document: an instance with an older publication of the same
// content must not make the record look older.
func latest(a, b map[string]int64) map[string]int64 {
	if len(a) == 0 {
		return b
	}
	all := maps.Clone(a)
	for name, at := range b {
		all[name] = max(all[name], at)
	}
	return all
}

// relation is that of the version of an instance to that of the record.
type relation uint8

const (
	unknown relation = iota
	same
	newer
	older
)

// compare compares the publications of two versions. One is newer if none of the documents that
// both have was published before the other's, and at least one after. It is unknown if they have
// no document in common, or all documents are the same, so that the versions differ in what is not
// published, such as files, or in the program that reads it.
func compare(mine, theirs map[string]int64) relation {
	var later, earlier bool
	for name, at := range mine {
		if other, ok := theirs[name]; ok {
			later, earlier = later || at > other, earlier || at < other
		}
	}
	switch {
	case later && !earlier:
		return newer
	case earlier && !later:
		return older
	}
	return unknown
}
