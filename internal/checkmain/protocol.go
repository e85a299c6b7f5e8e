package checkmain

// SchemaVersion is the schema_version of requests and reports.
const SchemaVersion = 1

// Request is what to check.
type Request struct {
	SchemaVersion int `json:"schema_version"`
	// Checks are independent of each other, for example one for each environment.
	Checks []Check `json:"checks"`
	// MissingOK are the required keys that a service has from elsewhere, such as its environment,
	// as patterns in which * is any text: "db.password", "tls.*".
	MissingOK []string `json:"missing_ok,omitempty"`
}

// Check is a config: its layers, lowest first.
type Check struct {
	Name   string  `json:"name"`
	Layers []Layer `json:"layers"`
}

// Layer is a document.
type Layer struct {
	Document string `json:"document"`
	// Format is one of source.FormatYAML and so on. Empty: that of the document's name.
	Format  string `json:"format,omitempty"`
	Content []byte `json:"content"` // in base64, since not every content is text
	// Shared is true for a document that other services, or other versions of the service, read
	// too: keys that no field has are then warnings.
	Shared bool `json:"shared,omitempty"`
}

// Report is the result of all checks.
type Report struct {
	SchemaVersion int      `json:"schema_version"`
	Checks        []Result `json:"checks"`
}

// Result is that of one check.
type Result struct {
	Name     string    `json:"name"`
	Problems []Problem `json:"problems"` // empty and not null if there is none
}

// Problem is one thing that is wrong. A check with errors has no warnings, since a service that
// does not open reports none.
type Problem struct {
	Severity string `json:"severity"` // "error": a service rejects it; "warning": it reports it
	Kind     string `json:"kind"`     // such as "unknown key"
	Document string `json:"document,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Key      string `json:"key,omitempty"`
	Text     string `json:"text"` // the whole sentence, with the position
}

// The severities.
const (
	Error   = "error"
	Warning = "warning"
)
