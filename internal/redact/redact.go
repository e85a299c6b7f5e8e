package redact

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

// Redactor removes the values of secret fields from texts of others: the errors and panics of the
// service's code, of sources and of libraries. It does not change nacre's own words, as package
// wording knows them: docs/adr/0017. secretmemory.go holds the known secrets. A redactor is safe
// for concurrent use; its zero value is ready to use.
type Redactor struct {
	mu sync.Mutex
	secretMemory
	replacer *strings.Replacer
	short    []string // secrets that replacer does not have, longest first
}

// minSecretLen is the length in bytes from which a secret is removed wherever it occurs. A shorter
// secret is removed only as a whole word, so that ordinary words stay intact.
const minSecretLen = 4

// Text returns t without secrets.
func (r *Redactor) Text(t string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.order) == 0 {
		return t
	}
	if r.replacer == nil {
		r.buildReplacerLocked()
	}
	t = r.replacer.Replace(t)
	for _, secret := range r.short {
		t = replaceWord(t, secret)
	}
	return t
}

// buildReplacerLocked builds the replacer of the known secrets. The caller must hold mu.
func (r *Redactor) buildReplacerLocked() {
	// Longest first: a shorter secret with the same start would leave the end of the longer one.
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

// replaceWord removes a secret from a text where it has no letter or digit next to it.
func replaceWord(t, secret string) string {
	if !strings.Contains(t, secret) {
		return t
	}
	var b strings.Builder
	copied := 0 // the end of the part in b
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

// Err returns err if neither its text nor that of a cause has a secret. Otherwise it returns an
// error of the same kind without the secret and without causes. Words of nacre in it stay. It
// accepts errors whose methods panic, such as typed nil pointers.
func (r *Redactor) Err(err error) error {
	if clean := r.replacement(err); clean != nil {
		return clean
	}
	return err
}

// replacement returns the error to show instead of err, or nil if err has no secret.
func (r *Redactor) replacement(err error) (clean error) {
	defer func() {
		if recover() != nil {
			clean = &redactedError{text: unprintable}
		}
	}()
	if !r.holdsSecret(err, 0) {
		return nil
	}
	return &redactedError{wording.OfError(err).Redact(r.Text), source.KindOf(err)}
}

// holdsSecret reports whether the text of an error or of one of its causes has a secret.
func (r *Redactor) holdsSecret(err error, depth int) bool {
	if err == nil {
		return false
	}
	if text := err.Error(); depth > maxCauseDepth || wording.OfError(err).Redact(r.Text) != text {
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

// unprintable is the text for an error whose methods panic.
const unprintable = "an error that cannot be printed"

// maxCauseDepth is the depth to which causes are checked; an error with deeper causes keeps none.
const maxCauseDepth = 32

// redactedError replaces an error that had a secret.
type redactedError struct {
	text string
	kind source.Kind
}

func (e *redactedError) Error() string { return e.text }

func (e *redactedError) Unwrap() error { return e.kind }

// SourceError is err for an error of a source. The names stay: they are those of the layer and its
// documents, and a position is useless without them. Apart from its cause, an error of a built-in
// source stays too, since it is in nacre's own words.
func (r *Redactor) SourceError(err error, builtIn bool, names ...string) (clean error) {
	defer func() {
		if recover() != nil {
			clean = &redactedError{text: unprintable}
		}
	}()
	e, ok := err.(*source.Error) //nolint:errorlint // a wrapping error has its own text
	if !ok {
		return r.Err(err)
	}
	keep := func(text string) string {
		if builtIn || slices.Contains(names, text) {
			return text
		}
		return r.Text(text)
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

// Problems returns problems without the notes of package wording. It removes secrets from the
// foreign parts of their messages and drops causes that have one. A message without a note is
// foreign. The engine calls it for the problems of all steps, before they are reported.
func (r *Redactor) Problems(all source.Problems) source.Problems {
	if all == nil {
		return nil
	}
	clean := make(source.Problems, len(all))
	for i, p := range all {
		note := wording.Of(p)
		copied := *p
		copied.Message, copied.Err = note.Message.Redact(r.Text), note.Cause
		if note.ForeignKey {
			copied.Key = r.Text(p.Key)
		}
		if copied.Message != p.Message || r.replacement(note.Cause) != nil {
			copied.Err = nil
		}
		clean[i] = &copied
	}
	return clean
}
