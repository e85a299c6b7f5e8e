package source

import (
	"reflect"
	"time"
)

// FreshnessReporter is implemented by a source that knows when its content was last confirmed to be
// the newest: by an answer of the origin, not by the absence of errors. The engine reports content
// that was not confirmed for too long as stale; see [Description].VerifyEvery. The content of a
// source without this ability counts as confirmed while Next blocks without an error.
//
// VerifiedAt returns the zero time if the content was never confirmed. It is safe for concurrent
// use.
type FreshnessReporter interface {
	VerifiedAt() time.Time
}

// Acknowledger is implemented by a source that reports to its origin what became of each content.
// Nacos, for example, shows an operator which content each client has applied.
//
// The engine calls Ack once for each content that it decided on, after the decision. If rejected is
// nil, the content is live; otherwise rejected says why the engine refused it, and the previous
// content is still live. Ack must not block, and must be safe to call while Next runs. The content
// of a last known good copy is live too, although the source of this process has not returned it.
type Acknowledger interface {
	Ack(rev Revision, rejected error)
}

// Describer is implemented by a source for which a field of [Description] is not zero.
//
// Describe always returns the same value. It is safe for concurrent use.
type Describer interface {
	Describe() Description
}

// Description says what the engine may assume of a source. The zero Description is safe for every
// source: each field that is set lifts a restriction or adds a name.
type Description struct {
	// Identity is the place that the source reads, such as
	// "nacos://127.0.0.1:8848/public/DEFAULT_GROUP/orders.yaml", without a credential. A last known
	// good copy is used for the source with the identity that it was taken from, unless Namespace
	// and Document are set. Empty: the name of the source decides. In the form
	// "scheme://host/path", the last folders of the path tell layers of the same name apart.
	Identity string

	// Document is the name of the document, if the source has one and knows its name before it has
	// read it. With Namespace, it identifies the document in a last known good copy, so that the
	// copy is found although the source reads it from other servers. Empty: the Identity does.
	Document string

	// Namespace and Group are those of the documents that have none of their own, as in Nacos. A
	// manifest lists a document by namespace, group and name. The public namespace of Nacos is
	// "public", not "". Both empty: a manifest lists the documents by their names alone.
	Namespace, Group string

	// Local says that the content is always at hand, such as an environment or a file on this
	// machine. The engine keeps no last known good copy of it. False: the source may be unavailable
	// when the service starts, and the engine then uses the copy. Local does not say who wrote the
	// content; see Trusted.
	Local bool

	// Trusted says that anyone who can write the content can also replace the program. Where a
	// config has a signed manifest, the engine accepts the source's documents without a signature,
	// unless an option of the layer says otherwise. False: each document needs one. A source that
	// fetches content from elsewhere is not trusted, even if it is local.
	Trusted bool

	// Sharable says that several configs may have the source at the same time: Next may be called
	// concurrently with itself, returns the same to every caller, and remembers nothing of a
	// caller. False: a source belongs to one config, and Open refuses it if another config has it.
	// Ignored for a source with a Close, because its config closes it.
	Sharable bool

	// VerifyEvery is the longest interval at which a [FreshnessReporter] asks a healthy origin
	// whether its content is still the newest. The engine does not count the content as stale
	// before it is twice as old, however short the bound of the service is. Zero: the service's
	// bound alone decides.
	VerifyEvery time.Duration

	// Reusable says that the source can be used again after Close, as if it were new. False: Open
	// refuses a source that was closed with its config. A source without a Close needs no Reusable.
	Reusable bool

	// Service, ServiceVersion and InstanceID are the names by which the source knows this process,
	// such as those by which it chooses a content. Health shows them, so that operators find
	// instances that share an ID. Empty: those of the program and the host.
	Service, ServiceVersion, InstanceID string
}

// DescriptionOf returns the description of s or, if s is a decorator without one, of the source
// that it wraps. It returns the zero Description if there is none.
func DescriptionOf(s Source) Description {
	if d, ok := As[Describer](s); ok {
		return d.Describe()
	}
	return Description{}
}

// maxUnwrap bounds the walk of As, so that it ends although decorators wrap each other in a circle.
const maxUnwrap = 64

// As finds the first source that has ability A, in the chain of s and what its Unwrap methods
// return: see "Decorators" in the package comment. A is usually one of the interfaces of this
// package, or io.Closer.
//
//	if a, ok := source.As[source.Acknowledger](s); ok {
//		a.Ack(rev, nil)
//	}
//
// As stops at a source without Unwrap, at nil, and after 64 sources.
func As[A any](s Source) (ability A, ok bool) {
	for range maxUnwrap {
		if isNil(s) {
			break
		}
		if a, ok := s.(A); ok {
			return a, true
		}
		decorator, ok := s.(interface{ Unwrap() Source })
		if !ok {
			break
		}
		s = decorator.Unwrap()
	}
	return ability, false
}

// isNil reports whether s is nil or a nil pointer, whose methods may panic.
func isNil(s Source) bool {
	if s == nil {
		return true
	}
	v := reflect.ValueOf(s)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// Noter is implemented by a source that has something to tell operators that is neither a content
// nor an error, such as that two servers disagree. Health shows it with the layer.
//
// Notes returns one line for each, without a value of the configuration; nil for nothing. It does
// not block, and is safe for concurrent use.
type Noter interface {
	Notes() []string
}

// Seeder is implemented by a source of which the documents are known only when one of them has been
// read. It lets a service start from a seed while the origin is down; see
// nacre.Options.LastKnownGoodSeed. A source with one document needs no Seeder.
//
// Seed returns the content that the source would have if its origin had the documents that read
// returns. read returns false if the seed has no such document. An error says why there is no
// content. Seed does not ask the origin, does not block, and is safe for concurrent use.
type Seeder interface {
	Seed(read func(namespace, group, name string) (Document, bool)) (Content, error)
}
