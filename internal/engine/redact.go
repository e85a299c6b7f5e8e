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

// redactor replaces the values of secret fields in foreign texts: the errors and panics of the
// service's own code, of sources and of libraries. It does not change text that wording knows to be
// nacre's own; see docs/adr/0017. secretMemory has the secrets that it knows. It is safe for
// concurrent use, and its zero value is ready.
type redactor struct {
	mu sync.Mutex
	secretMemory
	replacer *strings.Replacer
	short    []string // those that the replacer has not, the longest first
}

// minSecret is the length in bytes from which a secret is redacted wherever it occurs. A shorter
// one is redacted only as a whole word, so that it does not damage ordinary words.
const minSecret = 4

func (s *redactor) text(t string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 {
		return t
	}
	if s.replacer == nil {
		s.prepare()
	}
	t = s.replacer.Replace(t)
	for _, secret := range s.short {
		t = replaceWord(t, secret)
	}
	return t
}

func (s *redactor) prepare() {
	// Longest first, so that of two secrets that begin alike the longer one does not leave its end
	// behind.
	longest := slices.SortedFunc(slices.Values(s.order), func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	s.short = nil
	var pairs []string
	add := func(secret string) {
		if len(secret) < minSecret {
			s.short = append(s.short, secret)
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
	s.replacer = strings.NewReplacer(pairs...)
}

// replaceWord redacts a secret in a text where no letter or digit is next to it.
func replaceWord(t, secret string) string {
	if !strings.Contains(t, secret) {
		return t
	}
	var b strings.Builder
	from := 0 // what is written already
	for at := 0; ; {
		i := strings.Index(t[at:], secret)
		if i < 0 {
			b.WriteString(t[from:])
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
		b.WriteString(t[from:i])
		b.WriteString(wording.Redacted)
		from, at = end, end
	}
}

func isWord(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) }

// err returns err if neither its text nor that of a cause holds a secret. Otherwise it returns an
// error of the same kind with redacted text and without causes. It does not redact nacre's own
// words. It tolerates errors whose methods panic, such as typed nil pointers.
func (s *redactor) err(err error) error {
	if clean := s.instead(err); clean != nil {
		return clean
	}
	return err
}

// instead returns what may be shown instead of err, nil where err may.
func (s *redactor) instead(err error) (clean error) {
	defer func() {
		if recover() != nil {
			clean = &redactedError{text: "an error that cannot be printed"}
		}
	}()
	if !s.tells(err, 0) {
		return nil
	}
	return &redactedError{wording.OfError(err).Redact(s.text), source.KindOf(err)}
}

// tells reports whether the text of an error or of one of its causes holds a secret.
func (s *redactor) tells(err error, depth int) bool {
	if err == nil {
		return false
	}
	if text := err.Error(); depth > maxCauseDepth || wording.OfError(err).Redact(s.text) != text {
		return true
	}
	switch e := err.(type) { //nolint:errorlint // this walks the causes
	case interface{ Unwrap() error }:
		return s.tells(e.Unwrap(), depth+1)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), func(cause error) bool { return s.tells(cause, depth+1) })
	}
	return false
}

// maxCauseDepth is how deep causes are looked at; an error with deeper ones keeps none.
const maxCauseDepth = 32

// redactedError replaces an error whose text held a secret.
type redactedError struct {
	text string
	kind source.Kind
}

func (e *redactedError) Error() string { return e.text }

func (e *redactedError) Unwrap() error { return e.kind }

// ofSource is like err for an error of a source. It does not redact the names of the source and of
// its documents, since a position is useless without them, nor what one of nacre's own sources says
// in addition to the cause.
func (s *redactor) ofSource(err error, l *layerState, names ...string) (clean error) {
	defer func() {
		if recover() != nil {
			clean = &redactedError{text: "an error that cannot be printed"}
		}
	}()
	e, ok := err.(*source.Error) //nolint:errorlint // what wraps it has a text of its own
	if !ok {
		return s.err(err)
	}
	keep := func(text string) string {
		if l.builtIn || text == l.name || slices.Contains(names, text) {
			return text
		}
		return s.text(text)
	}
	out := &source.Error{Kind: e.Kind, Op: keep(e.Op), Document: keep(e.Document), Fix: keep(e.Fix), Err: s.instead(e.Err)}
	if out.Err == nil && out.Op == e.Op && out.Document == e.Document && out.Fix == e.Fix {
		return err
	}
	if out.Err == nil {
		out.Err = e.Err
	}
	return out
}

// problems returns problems without their notes, with the secrets removed from the foreign parts of
// their messages and from their causes. A problem without a note is foreign. The problems of the
// steps pass through it once, before they are reported.
func (s *redactor) problems(all source.Problems) source.Problems {
	if all == nil {
		return nil
	}
	clean := make(source.Problems, len(all))
	for i, p := range all {
		note := wording.Of(p)
		copied := *p
		copied.Message, copied.Err = note.Message.Redact(s.text), note.Cause
		if note.ForeignKey {
			copied.Key = s.text(p.Key)
		}
		if copied.Message != p.Message || s.instead(note.Cause) != nil {
			copied.Err = nil
		}
		clean[i] = &copied
	}
	return clean
}
