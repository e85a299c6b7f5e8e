package source

import "time"

// FreshnessReporter is a source that can tell when its content was last proven to be the newest that the origin has: an answer of
// the origin, not the mere absence of trouble. Readiness hangs on it. A source without it counts as proven whenever
// Next is blocked without an error. VerifiedAt is safe for concurrent use; the zero time is never.
type FreshnessReporter interface {
	VerifiedAt() time.Time
}

// Acknowledger is a source that wants to know what became of its contents, so that it can tell the origin (Nacos shows an
// operator which md5 each client has applied). Receive is called from the engine's goroutine, once for each content
// that was decided on, after the decision; it must not block and must be safe to call while Next runs. A nil error
// says that the content is live; otherwise the error says why it was rejected, and the content before it is still live.
type Acknowledger interface {
	Ack(rev Revision, rejected error)
}

// Local marks a source whose content is always at hand (an environment, a file on this machine), so
// that there is no need to keep a last known good copy of it on disk. A source that is not Local may be
// down when the service boots, and is then replaced by the last known good copy. It says nothing of who
// has written the content: see [Trusted].
type Local interface {
	Local()
}

// Sharable marks a source that several configs may have at once: its Next may be called concurrently with itself, says the
// same to everybody, and keeps nothing of who has asked. Any other source belongs to one config, and Open refuses one that
// belongs to another. A source with a Close is not sharable, since the config that has it closes it.
type Sharable interface {
	Sharable()
}

// Reusable marks a source that is as new after Close, and may be given to another config then. Without it Close is the end of a
// source, and Open refuses one that was closed.
type Reusable interface {
	Reusable()
}

// Trusted marks a source whose content can be written only by someone who could also replace the
// program: the environment of the process, or its files. Its documents need no signature where
// manifests must be signed, unless the layer says otherwise; those of all other sources do. A source
// that fetches content from elsewhere is not Trusted, even if it is [Local].
type Trusted interface {
	Trusted()
}

// Identifier is a source that can tell what it reads ("nacos://127.0.0.1:8848/public/DEFAULT_GROUP/orders.yaml"), never
// with a credential in it. A last known good copy is given back only to the layer whose name and identity it was taken from.
// Identity is safe for concurrent use and returns the same text always.
type Identifier interface {
	Identity() string
}

// Scope is the namespace and group of Nacos that a source reads from. Both are empty for an origin
// that has no such thing.
type Scope struct {
	Namespace, Group string
}

// Scoped is a source that reads from a namespace and a group. Together with a document's name they
// are the identity by which a manifest lists the document; the documents of other sources are known
// by their names alone. Scope is safe for concurrent use and always returns the same. The namespace
// is not empty: the public one of Nacos is "public".
type Scoped interface {
	Scope() Scope
}
