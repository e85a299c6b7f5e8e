package source

// ChangeDetector remembers the error that a source returned last, and so decides whether a state is
// news: see rule 2 of the package comment. The zero ChangeDetector is ready to use. It is not safe
// for concurrent use; Next is the only place for it.
type ChangeDetector struct {
	err  string
	kind Kind
	told bool // an error was the last thing returned
}

// Changed reports whether a state (rev, or err where it is not nil) differs from what was last
// returned, given the caller's prev, and takes it as returned if so. Two errors are the same when
// their kind and text are.
func (t *ChangeDetector) Changed(prev, rev Revision, err error) bool {
	if err != nil {
		kind, text := KindOf(err), err.Error()
		if t.told && t.kind == kind && t.err == text {
			return false
		}
		t.told, t.kind, t.err = true, kind, text
		return true
	}
	if t.told {
		*t = ChangeDetector{}
		return true
	}
	return rev != prev
}
