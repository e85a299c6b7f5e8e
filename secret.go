package nacre

import (
	"fmt"
	"io"
	"log/slog"
	"unique"

	"github.com/nacre-go/nacre/observe"
)

// Secret is a string that cannot be printed, logged, marshalled or diffed in clear: every way to text but [Secret.Reveal] gives
// "******". Two Secrets are equal (with == too) when their texts are. Safe for concurrent use; the zero Secret is empty.
type Secret struct {
	// A handle is a pointer: what prints a struct's unexported fields by reflection sees an address.
	h unique.Handle[string]
}

// NewSecret returns a Secret with that text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{unique.Make(text)}
}

// Reveal returns the text. The name is long enough to be found in a review.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.h.Value()
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
