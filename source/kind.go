package source

// Kind is the category of an error: a short and frozen list, so that programs can decide by it and
// metrics can be labelled with it. A Kind is itself an error, which makes errors.Is(err,
// source.Unavailable) the way to ask.
type Kind uint8

// Kinds of a source's trouble. The numbers are frozen: they may stand in a database of metrics.
const (
	Unknown          Kind = 0 // none of the below
	Unavailable      Kind = 1 // the origin cannot be reached, or says that it is not ready; trying again may help
	Timeout          Kind = 2 // the origin did not answer in time; trying again may help
	PermissionDenied Kind = 3 // the origin refused who asked: credentials, an expired token, permissions
	NotFound         Kind = 4 // the origin answered and has no such document, and the source was told that it must
	InvalidArgument  Kind = 5 // the request itself is wrong: a bad name, a bad option; trying again does not help
	TooLarge         Kind = 6 // over a limit
	Conflict         Kind = 7 // a compare-and-set lost
	Closed           Kind = 8 // used after Close
)

// Kinds of a content's trouble: what a [Problem] can be.
const (
	Corrupt      Kind = 20 // data and declared digest differ, or a stored copy was tampered with
	Malformed    Kind = 21 // the data is not in its format
	DuplicateKey Kind = 22 // a key stands twice in one map
	UnknownKey   Kind = 23 // no field of the struct has this key
	WrongType    Kind = 24 // the value does not fit the field
	Invalid      Kind = 25 // a validation rule does not hold
	Missing      Kind = 26 // a required key is in no layer
	BuildFailed  Kind = 27 // what the service makes from it, such as a connection, could not be made
)

var kindNames = map[Kind]string{
	Unknown: "unknown", Unavailable: "unavailable", Timeout: "timeout", PermissionDenied: "permission denied", NotFound: "not found",
	InvalidArgument: "invalid argument", TooLarge: "too large", Conflict: "conflict", Closed: "closed",
	Corrupt: "corrupt", Malformed: "malformed", DuplicateKey: "duplicate key", UnknownKey: "unknown key",
	WrongType: "wrong type", Invalid: "invalid", Missing: "missing", BuildFailed: "build failed",
}

// String returns the kind in words: "not found".
func (k Kind) String() string {
	if s, ok := kindNames[k]; ok {
		return s
	}
	return "unknown"
}

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string { return k.String() }
