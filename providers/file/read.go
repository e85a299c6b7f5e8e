package file

import (
	"bytes"
	"io"
	"os"
)

// proof is what is known about writers at the moment of a read.
type proof int

const (
	unproven  proof = iota // unknown
	whole                  // no process had the file open for writing
	inWriting              // a process has
)

// noLease is the lease of systems, file systems and users without leases.
func noLease(*os.File) (proof, func()) { return unproven, func() {} }

// shot is what was read at a spot.
type shot struct {
	spot
	data  []byte
	proof proof
}

// read reads the file at a spot. It returns errMoved if the file has disappeared or changed
// meanwhile, and no data if a process is writing.
func (s *fileSource) read(sp spot) (shot, error) {
	if sp.absent() {
		return shot{spot: sp, proof: whole}, nil
	}
	f, err := open(sp.real)
	switch {
	case missing(err):
		return shot{}, errMoved
	case err != nil && inUse(err):
		return shot{spot: sp, proof: inWriting}, nil
	case err != nil:
		return shot{}, trouble(sp.name, err)
	}
	defer f.Close()
	// The file was regular a moment ago; now it may be a pipe, which must not be read.
	info, err := f.Stat()
	if err != nil {
		return shot{}, trouble(sp.name, err)
	}
	if err := regular(sp.name, info); err != nil {
		return shot{}, err
	}
	p, release := s.lease(f)
	defer release()
	if p == inWriting {
		return shot{spot: sp, proof: p}, nil
	}
	return s.readAll(f, sp, p)
}

// readAll reads f, whose attributes must be the same before and after.
func (s *fileSource) readAll(f *os.File, sp spot, p proof) (shot, error) {
	// Not the attributes from the walk: a write between the walk and the read does no harm.
	before, err := f.Stat()
	if err != nil {
		return shot{}, trouble(sp.name, err)
	}
	sp.stamp = stampOf(before)
	if before.Size() > s.maxSize {
		return shot{}, tooLarge(sp.name, s.maxSize)
	}
	var b bytes.Buffer
	b.Grow(int(before.Size()) + bytes.MinRead) // without a second allocation to find the end
	if _, err := b.ReadFrom(io.LimitReader(f, s.maxSize+1)); err != nil {
		return shot{}, trouble(sp.name, err)
	}
	if int64(b.Len()) > s.maxSize {
		return shot{}, tooLarge(sp.name, s.maxSize)
	}
	after, err := f.Stat()
	if err != nil {
		return shot{}, trouble(sp.name, err)
	}
	if stampOf(after) != sp.stamp {
		return shot{}, errMoved
	}
	return shot{spot: sp, data: b.Bytes(), proof: p}, nil
}
