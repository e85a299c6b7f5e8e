package source

// ChangeDetector decides whether a state is a change, as rule 2 of the package comment requires. It
// remembers the error that a source returned last. The zero ChangeDetector is ready to use. It is
// not safe for concurrent use: use it in Next only.
type ChangeDetector struct {
	err    string
	kind   Kind
	failed bool // an error was the last result
}

// Changed reports whether a state, which is rev, or err if err is not nil, differs from what Next
// returned last. prev is the revision that Next was called with. If Changed returns true, Next must
// return the state. Two errors are equal if their kinds and texts are. The zero revision, which no
// content may have, is always a change, so that the config reports it as an error.
func (d *ChangeDetector) Changed(prev, rev Revision, err error) bool {
	if err != nil {
		kind, text := KindOf(err), err.Error()
		if d.failed && d.kind == kind && d.err == text {
			return false
		}
		d.failed, d.kind, d.err = true, kind, text
		return true
	}
	if d.failed {
		*d = ChangeDetector{}
		return true
	}
	return rev != prev || rev == "" // the config reports it
}
