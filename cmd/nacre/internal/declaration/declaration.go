package declaration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/observe"
)

// Declaration is that of one service.
type Declaration struct {
	SchemaVersion int    `json:"schema_version"`
	Service       string `json:"service"`
	// Documents are the documents of the service, lowest layer first, as far as they are named.
	Documents []string `json:"documents,omitempty"`
	Keys      []Key    `json:"keys"`
	// Sections are the keys that packages of the service bind to types of their own.
	Sections []string `json:"sections,omitempty"`
	// Guard are the limits of the service's change guard; nil if they are not known.
	Guard *observe.GuardHealth `json:"guard,omitempty"`
	// Readers are what the service uses the keys for, as a running instance has told.
	Readers []observe.Reader `json:"readers,omitempty"`
	// Schema is the JSON Schema of the whole configuration.
	Schema json.RawMessage `json:"schema"`
}

// Key is a key of the service.
type Key struct {
	Path       string   `json:"path"` // "hosts[].port", "labels.*"
	Type       string   `json:"type"`
	Secret     bool     `json:"secret,omitempty"`
	Restart    bool     `json:"restart,omitempty"` // a change takes effect only after a restart
	Deprecated string   `json:"deprecated,omitempty"`
	Aliases    []string `json:"aliases,omitempty"`
}

// Version is the schema_version of declarations.
const Version = 1

// Parse reads a declaration.
func Parse(name string, data []byte) (*Declaration, error) {
	d := &Declaration{}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(d)
	switch {
	case err == nil && d.SchemaVersion != Version:
		err = fmt.Errorf("has the schema version %d, want %d", d.SchemaVersion, Version)
	case err == nil && d.Service == "":
		err = errors.New("names no service")
	case err == nil:
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("has more than one object")
		}
	}
	if err != nil {
		return nil, exit.With(exit.Invalid, fmt.Errorf("%s is not a declaration: %w", name, err), "write it with nacre schema of this version")
	}
	return d, nil
}

// Is reports whether a JSON object looks like a declaration, and not like a JSON Schema alone.
func Is(data []byte) bool {
	var d struct {
		SchemaVersion int             `json:"schema_version"`
		Schema        json.RawMessage `json:"schema"`
	}
	return json.Unmarshal(data, &d) == nil && d.SchemaVersion != 0 && d.Schema != nil
}
