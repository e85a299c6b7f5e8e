package engine

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/wording"
	"github.com/nacre-go/nacre/source"
)

// scrubber takes the values of secret fields out of texts that were written by others: the errors and panics of the service's
// own code, of sources and of libraries. It leaves nacre's own words alone, as far as wording knows
// them: docs/adr/0017. The secrets that it knows are in memory.go. Safe for concurrent use; the zero
// scrubber is ready.
type redactor struct {
	mu sync.Mutex
	secretMemory
	replacer *strings.Replacer
	short    []string // those that the replacer has not, the longest first
}

// minSecret is the length in bytes from which a secret is taken out wherever it occurs; a shorter one is only where it stands by itself,
// lest it tear holes into ordinary words.
const minSecretLen = 4

func (r *redactor) text(t string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.order) == 0 {
		return t
	}
	if r.replacer == nil {
		r.buildReplacer()
	}
	t = r.replacer.Replace(t)
	for _, secret := range r.short {
		t = replaceWord(t, secret)
	}
	return t
}

func (r *redactor) buildReplacer() {
	// Longest first, so that of two secrets that begin alike the longer one does not leave its end behind.
	longest := slices.SortedFunc(slices.Values(r.order), func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	r.short = nil
	var pairs []string
	add := func(secret string) {
		if len(secret) < minSecretLen {
			r.short = append(r.short, secret)
			return
		}
		pairs = append(pairs, secret, wording.Redacted)
	}
	for _, secret := range longest {
		add(secret)
		if quoted := strconv.Quote(secret); quoted[1:len(quoted)-1] != secret {
			add(quoted[1 : len(quoted)-1])
		}
	}
	r.replacer = strings.NewReplacer(pairs...)
}

// replaceWord takes a secret out of a text where neither a letter nor a digit stands beside it.
func replaceWord(t, secret string) string {
	if !strings.Contains(t, secret) {
		return t
	}
	var b strings.Builder
	copied := 0 // what is written already
	for at := 0; ; {
		i := strings.Index(t[at:], secret)
		if i < 0 {
			b.WriteString(t[copied:])
			return b.String()
		}
		i += at
		end := i + len(secret)
		before, _ := utf8.DecodeLastRuneInString(t[:i])
		after, _ := utf8.DecodeRuneInString(t[end:])
		if isWord(before) || isWord(after) {
			at = i + 1
			continue
		}
		b.WriteString(t[copied:i])
		b.WriteString(wording.Redacted)
		copied, at = end, end
	}
}

func isWord(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) }

// err returns err if neither its text nor that of a cause holds a secret; else another error of the same kind without it, from
// which no cause can be reached. Words of nacre's own in it stay. It stands errors whose own
// methods panic, such as typed nil pointers.
func (r *redactor) err(err error) error {
	if clean := r.replacement(err); clean != nil {
		return clean
	}
	return err
}

// instead returns what may be shown instead of err, nil where err may.
func (r *redactor) replacement(err error) (clean error) {
	defer func() {
		if recover() != nil {
			clean = &redactedError{text: "an error that cannot be printed"}
		}
	}()
	if !r.holdsSecret(err, 0) {
		return nil
	}
	return &redactedError{wording.OfError(err).Redact(r.text), source.KindOf(err)}
}

// tells reports whether the text of an error or of one of its causes holds a secret.
func (r *redactor) holdsSecret(err error, depth int) bool {
	if err == nil {
		return false
	}
	if text := err.Error(); depth > maxCauseDepth || wording.OfError(err).Redact(r.text) != text {
		return true
	}
	switch e := err.(type) { //nolint:errorlint // this walks the causes
	case interface{ Unwrap() error }:
		return r.holdsSecret(e.Unwrap(), depth+1)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), func(cause error) bool { return r.holdsSecret(cause, depth+1) })
	}
	return false
}

// maxCauseDepth is how deep causes are looked at; an error with deeper ones keeps none.
const maxCauseDepth = 32

// scrubbed is what is left of an error that told a secret.
type redactedError struct {
	text string
	kind source.Kind
}

func (e *redactedError) Error() string { return e.text }

func (e *redactedError) Unwrap() error { return e.kind }

// ofSource is err for an error of a source. What the source calls itself and its documents stays,
// since a position is no use without, and so does what a source of nacre's own says beside the
// cause.
func (r *redactor) sourceError(err error, l *layerState, names ...string) (clean error) {
	defer func() {
		if recover() != nil {
			clean = &redactedError{text: "an error that cannot be printed"}
		}
	}()
	e, ok := err.(*source.Error) //nolint:errorlint // what wraps it has a text of its own
	if !ok {
		return r.err(err)
	}
	keep := func(text string) string {
		if l.builtIn || text == l.name || slices.Contains(names, text) {
			return text
		}
		return r.text(text)
	}
	out := &source.Error{Kind: e.Kind, Op: keep(e.Op), Document: keep(e.Document), Fix: keep(e.Fix), Err: r.replacement(e.Err)}
	if out.Err == nil && out.Op == e.Op && out.Document == e.Document && out.Fix == e.Fix {
		return err
	}
	if out.Err == nil {
		out.Err = e.Err
	}
	return out
}

// problems takes the notes off problems, with the secrets in the foreign parts of their messages,
// and out of reach in the causes. What has no note is foreign. The problems of the steps go through
// it once, on their way to whoever is told of them.
func (r *redactor) problems(all source.Problems) source.Problems {
	if all == nil {
		return nil
	}
	clean := make(source.Problems, len(all))
	for i, p := range all {
		note := wording.Of(p)
		copied := *p
		copied.Message, copied.Err = note.Message.Redact(r.text), note.Cause
		if note.ForeignKey {
			copied.Key = r.text(p.Key)
		}
		if copied.Message != p.Message || r.replacement(note.Cause) != nil {
			copied.Err = nil
		}
		clean[i] = &copied
	}
	return clean
}
