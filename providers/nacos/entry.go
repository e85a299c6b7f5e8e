package nacos

import (
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// A service may have thousands of keys, and Go's collector lets a heap grow to twice its live size:
// a word in doc, entry or Source costs two. So rare fields are in a struct of their own, and a
// field that another one implies does not exist.

// doc is one state of a config, as it was read and verified. It is immutable.
type doc struct {
	content     []byte
	revision    source.Revision
	contentType string
	modified    time.Time
	conn        uint64 // number of the connection that returned it, or of a later, settled one that confirmed it
	absent      bool
	declared    bool // the server declared the md5
}

const (
	revisionMD5    = "md5:"
	revisionAbsent = "absent"
)

// md5 returns the md5 of the content, "" if the config is absent.
func (d *doc) md5() string {
	if d.absent {
		return ""
	}
	return strings.TrimPrefix(string(d.revision), revisionMD5)
}

func (d *doc) stamp() stamp { return stamp{d.md5(), d.modified} }

// on returns the same state, confirmed by a later connection.
func (d *doc) on(conn uint64) *doc {
	if d.conn == conn {
		return d
	}
	later := *d
	later.conn = conn
	return &later
}

// again returns the same state after another read: its type may differ if it was published again.
// Both share the content.
func (d *doc) again(read *doc) *doc {
	same := *d
	same.contentType, same.declared = read.contentType, read.declared
	if d.modified.Before(read.modified) {
		same.modified = read.modified
	}
	return &same
}

// stamp identifies a publish of a key: the same content published again has another time.
type stamp struct {
	md5      string
	modified time.Time
}

// entry is one key of the listen table. table.mu guards all fields.
type entry struct {
	key     Key
	sources []holder // most keys have one

	doc      *doc      // nil until the key has been read
	err      error     // why the last reads or listens failed
	provenAt time.Time // when the server last confirmed doc: the time of the request
	changed  chan struct{}
	past     *past // nil if there is none of it
	retry    *time.Timer

	readFailures   int32 // failed reads in a row
	listenFailures int32 // failed listens in a row
	emptyReads     uint8 // reads in a row without a change, up to maxEmptyReads
	asked          bool  // a listen was sent on this connection: the server may have registered the key
	registered     bool  // the server has confirmed the registration
	rejected       bool  // the server rejects the key
	stale          bool  // doc may be out of date: the key is to be read
	inFlight       bool  // queued, or being read
	retype         bool  // the read is for the type alone
}

// past is what most keys do not have: what is known of the contents before doc, and more.
type past struct {
	replaced   stamp     // what doc replaced
	olderSince time.Time // since when reads have returned only older contents than doc

	refuted      stamp     // a content of this server in place of which another one has a newer
	refutedUntil time.Time // until then the session does not return to it
	differs      *differing

	crowds []*crowd // the sources of patterns that the key belongs to
}

func (e *entry) pastLocked() *past {
	if e.past == nil {
		e.past = new(past)
	}
	return e.past
}

// holder is one source of an entry.
type holder struct {
	source  *configSource
	applied string // the md5 of its live content
}

func (e *entry) holderLocked(s *configSource) *holder {
	for i := range e.sources {
		if e.sources[i].source == s {
			return &e.sources[i]
		}
	}
	return nil
}

// haveLocked returns the md5 of what was read.
func (e *entry) haveLocked() string {
	if e.doc == nil {
		return ""
	}
	return e.doc.md5()
}

// appliedLocked returns the md5 for the report to the server. If one of several sources has not
// applied what was read, it is that of this source: a process has a content live when all its
// sources have.
func (e *entry) appliedLocked() string {
	have := e.haveLocked()
	for _, h := range e.sources {
		if h.applied != have {
			return h.applied
		}
	}
	return have
}

// notOlderLocked ends the time in which reads return only older contents.
func (e *entry) notOlderLocked() {
	if e.past != nil {
		e.past.olderSince = time.Time{}
	}
}

func (e *entry) absentLocked() bool { return e.doc != nil && e.doc.absent }

// formlessLocked reports whether a source does not know the format of what was read.
func (e *entry) formlessLocked() bool {
	return e.doc != nil && !e.doc.absent && slices.ContainsFunc(e.sources, func(h holder) bool { return h.source.format(e.doc) == "" })
}

// typedLocked reports whether the format of what was read follows from its type for a source.
func (e *entry) typedLocked() bool {
	return e.doc != nil && !e.doc.absent && slices.ContainsFunc(e.sources, func(h holder) bool { return h.source.fixed == "" })
}

// wakeLocked wakes the sources.
func (e *entry) wakeLocked() {
	close(e.changed)
	e.changed = make(chan struct{})
	if e.past != nil {
		for _, c := range e.past.crowds {
			c.wakeLocked(e)
		}
	}
}

func (e *entry) stopRetryLocked() {
	if e.retry != nil {
		e.retry.Stop()
		e.retry = nil
	}
}
