package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/nacre-go/nacre/source"
)

const (
	tries      = 8                      // reads in a row, while a file keeps changing
	firstPause = 250 * time.Microsecond // a closed file stays open for writing until the kernel has released it
	longPause  = 250 * time.Millisecond
	racy       = time.Second // two states of a younger file may have the same attributes: clocks of file systems tick
)

// verdict is the result of one read of all files.
type verdict struct {
	decided bool // content or err is the state of the files
	content source.Content
	err     error
	again   time.Duration // if a change is in progress, when to read again
	stale   bool          // something happened during the read
}

// look subscribes, reads and judges, in this order.
func (s *fileSource) look(ctx context.Context) verdict {
	if s.misuse != nil {
		return verdict{decided: true, err: s.misuse}
	}
	sc := newScan(s.subscribe())
	shots, err := s.collect(ctx, sc)
	for n := 1; n < tries && err != nil && ctx.Err() == nil; n++ {
		before := err
		shots, err = s.collect(ctx, sc)
		if err != nil && !errors.Is(err, errMoved) && err.Error() == before.Error() {
			break // a lasting error, not one of files that are just being moved
		}
	}
	s.subscribed(sc)
	v := verdict{stale: s.overtaken(ctx, sc.watch)}
	if err != nil && !errors.Is(err, errMoved) {
		v.decided, v.err = true, err
		return v
	}
	v.again, v.err = s.judge(shots, err != nil, time.Now())
	v.decided = v.again == 0 || v.err != nil
	if v.again == 0 {
		v.content, v.err = content(shots)
	}
	return v
}

// collect reads all files so that all of them were in the returned state at one moment.
func (s *fileSource) collect(ctx context.Context, sc *scan) ([]shot, error) {
	spots, err := s.survey(sc)
	if err != nil {
		return nil, err
	}
	shots := make([]shot, len(spots))
	for i, sp := range spots {
		if ctx.Err() != nil {
			return nil, errMoved // the caller checks ctx
		}
		if shots[i], err = s.read(sp); err != nil {
			return nil, err
		}
	}
	if len(s.entries) == 1 && !s.entries[0].dir {
		return shots, nil // one file, one moment
	}
	// A file that is now as it was before the first read was so during all reads.
	after, err := s.survey(sc)
	if err != nil {
		return nil, err
	}
	if len(after) != len(spots) {
		return nil, errMoved
	}
	for i, sp := range after {
		if sh := shots[i]; !sp.same(sh.spot) && sh.proof != inWriting {
			return nil, errMoved
		}
		if err := s.confirm(shots[i]); err != nil {
			return nil, err
		}
	}
	return shots, nil
}

// confirm reads a file again if it is so young that it may have changed without a change of its
// attributes.
func (s *fileSource) confirm(sh shot) error {
	if sh.absent() || sh.proof == inWriting || sh.stamp.old(racy) {
		return nil
	}
	second, err := s.read(sh.spot)
	if err != nil {
		return err
	}
	if second.proof == inWriting || !bytes.Equal(sh.data, second.data) {
		return errMoved
	}
	return nil
}

// content returns the content of what was read.
func content(shots []shot) (source.Content, error) {
	docs := make([]source.Document, len(shots))
	h := sha256.New()
	for i, sh := range shots {
		e := sh.entry
		docs[i] = source.Document{
			Name:         sh.name,
			Absent:       sh.absent(),
			AllowUnknown: e.allowUnknown,
			Location:     sh.path,
			Optional:     e.optional || sh.path != e.path,
		}
		if sh.absent() {
			docs[i].AbsentErr = notFound(e)
		} else {
			docs[i].Format = e.formatOf(sh.name)
			docs[i].Data = sh.data
			docs[i].Modified = time.Unix(0, sh.stamp.mtime)
		}
		identify(h, sh)
	}
	return source.Content{Revision: revision(h), Documents: docs}, nil
}
