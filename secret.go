package nacre

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"unique"

	"github.com/nacre-go/nacre/observe"
)

// Secret is a string that cannot be printed, logged, marshalled or diffed in clear: every way to text but [Secret.Reveal] gives
// "******". Two Secrets are equal (with == too) when their texts are. Safe for concurrent use; the zero Secret is empty.
type Secret struct {
	// A handle is a pointer: what prints a struct's unexported fields by reflection sees an address. What follows pointers, as
	// many a test library does for its diffs, sees a text that is veiled.
	h unique.Handle[string]
}

// veil is the same for the whole process, so that equal texts are equal secrets. It hides a text from eyes and searches, not from
// who can read the process's memory.
var veil = sync.OnceValue(func() (pad [64]byte) {
	_, _ = rand.Read(pad[:]) // it does not fail
	return pad
})

// veiled is text under the veil, and again without it.
func veiled(text string) string {
	pad, b := veil(), []byte(text)
	for i := range b {
		b[i] ^= pad[i%len(pad)]
	}
	return string(b)
}

// NewSecret returns a Secret with that text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{unique.Make(veiled(text))}
}

// Reveal returns the text. The name is long enough to be found in a review.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return veiled(s.h.Value())
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s == Secret{} }

// UnmarshalText sets the secret, so that any decoder can fill it.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// String returns "******".
func (Secret) String() string { return observe.Redacted }

// GoString returns "******".
func (Secret) GoString() string { return observe.Redacted }

// Format writes "******" for every verb and flag.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, observe.Redacted) }

// MarshalText returns "******".
func (Secret) MarshalText() ([]byte, error) { return []byte(observe.Redacted), nil }

// MarshalJSON returns "******" in quotes.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + observe.Redacted + `"`), nil }

// MarshalYAML returns "******".
func (Secret) MarshalYAML() (any, error) { return observe.Redacted, nil }

// LogValue returns "******".
func (Secret) LogValue() slog.Value { return slog.StringValue(observe.Redacted) }
