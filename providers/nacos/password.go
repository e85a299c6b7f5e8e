package nacos

import (
	"fmt"
	"io"
	"unique"
)

// Password is a text that cannot be printed, logged or marshalled: every way to text gives
// "******". The zero Password is none. Two are equal, with ==, when their texts are. Safe for
// concurrent use.
type Password struct {
	// A handle is a pointer: what prints unexported fields by reflection sees an address.
	h unique.Handle[string]
}

const redacted = "******"

// NewPassword returns a Password with that text.
func NewPassword(text string) Password {
	if text == "" {
		return Password{}
	}
	return Password{unique.Make(text)}
}

func (p Password) reveal() string {
	if p == (Password{}) {
		return ""
	}
	return p.h.Value()
}

// UnmarshalText sets the password.
func (p *Password) UnmarshalText(text []byte) error {
	*p = NewPassword(string(text))
	return nil
}

// String returns "******".
func (Password) String() string { return redacted }

// Format writes "******" for every verb and flag.
func (Password) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns "******".
func (Password) MarshalText() ([]byte, error) { return []byte(redacted), nil }
