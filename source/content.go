package source

import "time"

// Content is one whole state of a source: its documents, lowest precedence first. Most sources have
// one document; a folder has one for each of its files. A content must not be changed after Next
// has returned it, by the source or by the caller.
type Content struct {
	// Revision identifies the content. It is never zero.
	Revision Revision
	// Documents are merged in order: a later document overrides an earlier one. There is at least
	// one.
	Documents []Document
}

// Document is one named part of a content: a file, a Nacos config, an environment. It has either
// Data and Format, or a Tree, or it is Absent.
type Document struct {
	// Name is what people call the document: "orders.yaml". Every error about the document contains
	// it.
	Name string
	// Absent says that the origin answered and has no such document. That is not an error, and not
	// an empty document.
	Absent bool
	// AbsentErr says why the document is absent, if the source knows more than that it is, such as
	// that the namespace does not exist. Open returns it where the document is required. It may be
	// nil.
	AbsentErr error
	// Optional says that the source is whole without the document, which is one of several, such as
	// a file that adds to another. Open requires every other document; see nacre.AbsentOK.
	Optional bool
	// Selects says that the document is not configuration: the source has read in it which other
	// documents the content has. It sets no key, and is kept, verified and listed like the others.
	Selects bool
	// Note says why the source has the document, if there is a reason, such as "routed by rule 2:
	// version v2.3.*". It is a line for people, and decides nothing.
	Note string

	// Format is the format of Data: one of the Format constants. See [FormatOf].
	Format string
	// Data is the content of the document. Zero bytes are an empty document.
	Data []byte

	// Tree is the document if the origin has decoded it already. Its values are map[string]any,
	// []any, string, [Text], bool, int64, uint64, float64, time.Time, nil, or other integers and
	// floats of Go.
	Tree map[string]any

	// AllowUnknown accepts keys that no field has. It is for a document that several services
	// share.
	AllowUnknown bool

	// Digest is the checksum that the origin declares for Data: "md5:" or "sha256:" and the sum in
	// hexadecimal. The engine rejects a content whose data does not match. Empty: none is declared.
	Digest string
	// Namespace and Group are those of the document, for a source whose documents have several.
	// Both empty: those of the [Description].
	Namespace, Group string
	// Location is the address of the document in the terms of the source: a path, or
	// "public/DEFAULT_GROUP/orders.yaml". It is for people, and decides nothing.
	Location string
	// Modified is when the document changed last, as the origin reports. The zero time: it does
	// not.
	Modified time.Time
}

// Text is a scalar without a type, such as the value of an environment variable or of a properties
// file. The field that it is bound to decides its type: "20" may become an int, "a,b" a list.
type Text string
