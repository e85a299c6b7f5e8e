package nacos

import (
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// A service may have thousands of keys, and Go's collector lets a heap grow to twice what lives in
// it: a word in doc, entry or Source is paid for twice. So what most keys do not have stands apart,
// and what follows from another field is no field.

// doc is one state of a config, as it was read and verified. It is immutable.
type doc struct {
	content     []byte
	revision    source.Revision
	contentType string
	modified    time.Time
	conn        uint64 // the number of the connection on which it came, or of a later one that is sure to know better
	absent      bool
	declared    bool // the md5, by the server, and not only computed here
}

const (
	revisionMD5    = "md5:"
	revisionAbsent = "absent"
)

// md5 is that of the content, "" when absent.
func (d *doc) md5() string {
	if d.absent {
		return ""
	}
	return strings.TrimPrefix(string(d.revision), revisionMD5)
}

func (d *doc) stamp() stamp { return stamp{d.md5(), d.modified} }

// on is the same state, which a later connection has too.
func (d *doc) on(conn uint64) *doc {
	if d.conn == conn {
		return d
	}
	later := *d
	later.conn = conn
	return &later
}

// again is the same state, read once more: it may have been published anew, with another type. Its
// content is not held twice.
func (d *doc) again(read *doc) *doc {
	same := *d
	same.contentType, same.declared = read.contentType, read.declared
	if d.modified.Before(read.modified) {
		same.modified = read.modified
	}
	return &same
}

// stamp tells the publishes of a key apart: the same content published again has another time.
type stamp struct {
	md5      string
	modified time.Time
}

// entry is one key of the listen table. All fields are guarded by table.mu.
type entry struct {
	key     Key
	sources []holder // few: most keys have one

	doc      *doc      // nil until the key has been read
	err      error     // why it cannot be read now
	provenAt time.Time // when the server's answer last proved doc: when that was asked, not when it came
	changed  chan struct{}
	past     *past // nil with one that has none
	retry    *time.Timer

	readFailures   int32 // reads in a row that went wrong
	listenFailures int32 // listens in a row that went wrong
	emptyReads     uint8 // reads in a row that found nothing new, as far as that counts
	asked          bool  // on the present connection: the server may have it registered
	registered     bool  // and has answered that it has
	refused        bool  // and takes it for wrong
	stale          bool  // what the server has may differ from doc: to be read
	inFlight       bool  // in the queue, or being read
}

// past is what is known of the contents before doc.
type past struct {
	replaced   stamp     // what doc took the place of
	olderSince time.Time // since when the reads have found only what is older than doc
}

func (e *entry) remember() *past {
	if e.past == nil {
		e.past = new(past)
	}
	return e.past
}

// holder is one source of an entry.
type holder struct {
	source  *Source
	applied string // the md5 of the content that it has made live
}

func (e *entry) holder(s *Source) *holder {
	for i := range e.sources {
		if e.sources[i].source == s {
			return &e.sources[i]
		}
	}
	return nil
}

// have is the md5 of what was read.
func (e *entry) have() string {
	if e.doc == nil {
		return ""
	}
	return e.doc.md5()
}

// applied is the md5 that the server is told. If one of several sources has not applied what was
// read, it is that one's: the process has made a content live when all of it has.
func (e *entry) applied() string {
	have := e.have()
	for _, h := range e.sources {
		if h.applied != have {
			return h.applied
		}
	}
	return have
}

// notOlder ends the time in which the reads have found only what is older.
func (e *entry) notOlder() {
	if e.past != nil {
		e.past.olderSince = time.Time{}
	}
}

func (e *entry) absent() bool { return e.doc != nil && e.doc.absent }

// formless reports whether a source cannot tell the format of what was read.
func (e *entry) formless() bool {
	return e.doc != nil && !e.doc.absent && slices.ContainsFunc(e.sources, func(h holder) bool { return h.source.format(e.doc) == "" })
}

// wake tells the sources that something has changed.
func (e *entry) wake() {
	close(e.changed)
	e.changed = make(chan struct{})
}

func (e *entry) stopRetry() {
	if e.retry != nil {
		e.retry.Stop()
		e.retry = nil
	}
}
