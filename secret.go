package nacre

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"unique"

	"github.com/nacre-go/nacre/internal/wording"
)

// Secret is a string that does not show its text when it is printed, logged, marshaled or compared
// in a diff: every conversion to text except [Secret.Reveal] gives "******". Two Secrets are equal,
// also with ==, if their texts are. The zero Secret is empty. Secrets are safe for concurrent use.
type Secret struct {
	// A handle is a pointer, so code that prints unexported fields by reflection prints an address.
	// Code that follows pointers, as many diff libraries do, finds the veiled text.
	h unique.Handle[string]
}

// veil is one pad for the whole process, so that equal texts are equal secrets. It hides texts from
// logs and searches, not from anyone who can read the memory of the process.
var veil = sync.OnceValue(func() (pad [64]byte) {
	_, _ = rand.Read(pad[:]) // it does not fail
	return pad
})

// veiled returns text under the veil; applied to a veiled text, it returns the text.
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

// Reveal returns the text. Its name is easy to find in a code review.
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
func (Secret) String() string { return wording.Redacted }

// Format writes "******" for every verb and flag, %#v included.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, wording.Redacted) }

// MarshalText returns "******".
func (Secret) MarshalText() ([]byte, error) { return []byte(wording.Redacted), nil }

// LogValue returns "******".
func (Secret) LogValue() slog.Value { return slog.StringValue(wording.Redacted) }
