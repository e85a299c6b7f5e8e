package nacos

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unique"

	"github.com/nacre-go/nacre/providers/nacos/internal/envconf"
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

var (
	errNoPasswordFile    = errors.New("password file cannot be read")
	errEmptyPasswordFile = errors.New("password file is empty")
)

// readPassword returns the password in a file. Its errors do not name the file, whose name may come
// from a variable that holds the password itself by mistake.
func readPassword(name string) (Password, error) {
	data, err := envconf.ReadFile(name)
	if err != nil {
		return Password{}, errNoPasswordFile
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if text == "" {
		return Password{}, errEmptyPasswordFile
	}
	return NewPassword(text), nil
}

// withPassword returns the settings with the password that holds now.
func (s settings) withPassword(server address) (settings, error) {
	if s.passwordFile == "" {
		return s, nil
	}
	password, err := readPassword(s.passwordFile)
	if err != nil {
		e := BadCredentials.failAs("login to", server.String(), err.Error())
		e.Fix = "check that the service can read the file that PasswordFile or NACOS_PASSWORD_FILE names, and that it holds the password"
		return s, e
	}
	s.password = password
	return s, nil
}
