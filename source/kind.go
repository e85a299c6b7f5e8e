package source

// Kind is the category of an error. The list is short and frozen, so that programs can decide by it
// and metrics can use it as a label. A Kind is itself an error: errors.Is(err, source.Unavailable)
// reports whether err is of that kind.
type Kind uint8

// Kinds of errors of a source. The numbers are frozen, because databases of metrics may contain
// them.
const (
	Unknown          Kind = 0 // none of those below
	Unavailable      Kind = 1 // the origin cannot be reached or is not ready; a retry may help
	Timeout          Kind = 2 // the origin did not answer in time; a retry may help
	PermissionDenied Kind = 3 // the origin refused the caller: credentials, an expired token, permissions
	NotFound         Kind = 4 // the origin answered and lacks a document that is required
	InvalidArgument  Kind = 5 // the request is wrong: a bad name, a bad option; a retry does not help
	TooLarge         Kind = 6 // over a limit
	Conflict         Kind = 7 // a compare-and-set failed
	Closed           Kind = 8 // used after Close
)

// Kinds of problems of a content; see [Problem].
const (
	Corrupt      Kind = 20 // the data does not match its digest, or a stored copy was changed
	Malformed    Kind = 21 // the data is not in its format
	DuplicateKey Kind = 22 // a key occurs twice in one map
	UnknownKey   Kind = 23 // no field of the struct has this key
	WrongType    Kind = 24 // the value does not fit the type of the field
	Invalid      Kind = 25 // the value breaks a validation rule
	Missing      Kind = 26 // no layer has a required key
	BuildFailed  Kind = 27 // the service could not build something from it, such as a connection
	Deprecated   Kind = 28 // an old name of a key, or a key that is going away; never a reason to reject
)

var kindNames = map[Kind]string{
	Unknown: "unknown", Unavailable: "unavailable", Timeout: "timeout", PermissionDenied: "permission denied", NotFound: "not found",
	InvalidArgument: "invalid argument", TooLarge: "too large", Conflict: "conflict", Closed: "closed",
	Corrupt: "corrupt", Malformed: "malformed", DuplicateKey: "duplicate key", UnknownKey: "unknown key",
	WrongType: "wrong type", Invalid: "invalid", Missing: "missing", BuildFailed: "build failed", Deprecated: "deprecated",
}

// Error returns the kind in words: "not found". It makes a Kind a target for errors.Is.
func (k Kind) Error() string {
	if s, ok := kindNames[k]; ok {
		return s
	}
	return "unknown"
}
