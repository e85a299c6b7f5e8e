package release

import (
	"context"
	"crypto/md5" // the checksum of Nacos
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
)

// Key identifies a document in the namespace of a server.
type Key struct {
	Group  string `json:"group"`
	DataID string `json:"data_id"`
}

// String returns "ORDERS/orders.yaml".
func (k Key) String() string { return k.Group + "/" + k.DataID }

// State is a document as a server has it.
type State struct {
	Content  []byte    // nil: the document does not exist
	MD5      string    // of the content; empty: the document does not exist
	Type     string    // may be empty
	Modified time.Time // zero if the server does not report it
	// Metadata are nil if the server does not show them to this user.
	Metadata *nacos.Metadata
}

// Exists reports whether the document exists.
func (s State) Exists() bool { return s.MD5 != "" }

// Content is what is to be published.
type Content struct {
	Data     []byte
	Metadata nacos.Metadata
	// KeepTags leaves the tags and the application as they are, since they could not be read.
	KeepTags bool
	Author   string
}

// Server is what a release needs of a server. Its methods are safe for concurrent use. Errors have
// a kind, see [source.KindOf].
type Server interface {
	// Get returns a document as subscribers get it, without metadata. It may be late by some 100
	// ms. A document that does not exist is not an error.
	Get(ctx context.Context, k Key) (State, error)
	// Read returns a document with its metadata, and is not late where metadata can be read.
	Read(ctx context.Context, k Key) (State, error)
	// Publish sets a document. With an md5 it does so only if the document still has it, and fails
	// with kind Conflict otherwise. An md5 that no content has only creates.
	Publish(ctx context.Context, k Key, c Content, ifMD5 string) error
	// Delete removes a document.
	Delete(ctx context.Context, k Key) error
	// Listeners returns how many addresses listen to a document. The error has kind
	// PermissionDenied or is [nacos.NotSupported] if the server does not say.
	Listeners(ctx context.Context, k Key) (int, error)
	// Probe checks that the server honors the md5 of Publish.
	Probe(ctx context.Context) error
	// Name identifies the server and the namespace in plans: "nacos://10.0.0.1:8848/prod".
	Name() string
	// Group returns the group of documents that name none.
	Group() string
	// Namespace returns the name of the namespace, "public" for the public one.
	Namespace() string
}

// onlyCreate is an md5 that no content has: a publish with it creates a document or fails.
const onlyCreate = "00000000000000000000000000000000"

func md5Of(data []byte) string {
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}

func sha256Of(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
