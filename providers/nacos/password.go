package nacos

import (
	"fmt"
	"io"
	"unique"
)

// Password is a text that does not show when it is printed, logged or marshaled: each conversion to
// text returns "******". The zero Password is none. Two are equal, with ==, if their texts are. It
// is safe for concurrent use.
type Password struct {
	// A handle is a pointer: code that prints unexported fields by reflection shows an address.
	h unique.Handle[string]
}

const redacted = "******"

// NewPassword returns the Password with this text.
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

// Format writes "******" for every verb and flag.
func (Password) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns "******".
func (Password) MarshalText() ([]byte, error) { return []byte(redacted), nil }
