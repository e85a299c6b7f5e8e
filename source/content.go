package source

import "time"

// Content is one whole state of a source: its documents, lowest precedence first. Most sources have
// one document; a folder of files has as many as there are files. Content is immutable once
// returned: neither side may change it.
type Content struct {
	// Revision names this content. Never zero.
	Revision Revision
	// Documents are merged in order, a later one over an earlier one.
	Documents []Document
}

// Document is one named part of a content: a file, a Nacos config, an environment. It holds either
// Data and Format, or Tree, or it is Absent.
type Document struct {
	// Name is what a person calls it: "orders.yaml". It stands in every error about the document.
	Name string
	// Absent says that the origin answered and has no such document. It is not an error, and not an
	// empty document.
	Absent bool

	// Format tells how to decode Data: "yaml", "json", "toml", "dotenv", "properties" or "environ".
	// See [FormatOf].
	Format string
	// Data are the document's bytes. Zero bytes are an empty document.
	Data []byte

	// Tree is a document that its origin has decoded already. Its values are map[string]any, []any,
	// string, [Text], bool, int64, uint64, float64, time.Time or nil, or other Go integers and
	// floats.
	Tree map[string]any

	// AllowUnknown makes keys that no field has a matter of course and not an error: for a document
	// that several services share.
	AllowUnknown bool

	// Digest is the checksum that the origin declares for Data: "md5:" or "sha256:" and the sum in
	// hexadecimal. The engine rejects a content whose data does not match. Empty: none is declared.
	Digest string
	// Location is the address in the terms of the source, for people and events: a path, or
	// "public/DEFAULT_GROUP/orders.yaml".
	Location string
	// Modified is when the document changed last, as the origin says; zero if it does not say.
	Modified time.Time
}

// Text is a scalar whose type its origin does not know, such as an environment variable or a
// properties value. The field that it is bound to decides how it is read: "20" may become an int,
// "a,b" a list.
type Text string
