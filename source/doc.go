// Package source is the contract between a place that holds configuration and the engine that
// applies it.
//
// A [Source] is one layer. It has two methods. Next is a long poll: given the revision that the
// engine saw last, it returns when there is something else to see. The contract is level-triggered:
// a push, a file event or a timer only wakes a source; what Next returns was read after the
// wake-up. A wake-up that is lost, late, doubled or out of order therefore cannot lose an update,
// and the number of wake-ups means nothing.
//
// # Rules
//
//  1. Subscribe first, then read, then compare, and only then block. In any other order, a change
//     can be missed. A watch that starts at the revision of a read counts as a subscription before
//     that read.
//  2. Return when the state differs from what was last returned. The state is the content, or the
//     error that replaces it: the same error twice is not a change, and the end of an error is one
//     even if the content is as before. The revision decides whether a content differs. A source
//     whose revisions count writes, such as the ModRevision of etcd, returns a content that is
//     written again; the engine compares it with the live one, and wakes no subscriber.
//  3. Absent is not empty, and an error is neither. A missing document is a [Document] with Absent
//     set, never zero bytes and never an error; its AbsentErr may say why. An origin that fails,
//     and a document that the source cannot decode, are errors, and remove nothing. A content has
//     at least one document: a source of many that finds none returns one that is absent. A
//     document that a content no longer lists is removed with its keys.
//  4. Content is whole: all of one state of the origin, never parts of two, and never a part that
//     is still being written.
//  5. Two contents that differ have revisions that differ. None has the zero revision. Revisions
//     are compared for equality only.
//  6. Next returns ctx.Err() promptly when ctx ends, and starts no goroutine that Close does not
//     end.
//  7. Errors carry a [Kind] and name the document and the cause, never a value.
//  8. Content does not change after Next has returned it, and describes itself correctly: each
//     document has a name that no other document of the content has, and is Absent, or has a Tree,
//     or has Data in a format that the engine knows; a digest that the origin declares is that of
//     Data, unless the origin is wrong.
//  9. Name always returns the same short name: one printable line of at most 128 bytes that is not
//     empty. It may be called while Next runs.
//  10. Close ends the source, whatever came before: no Next, a cancelled Next, an error, another
//     Close.
//  11. The zero revision, and one that the source never returned, ask for the current content.
//  12. An ability does what its comment says, and does not block while Next runs.
//
// Package sourcetest checks each rule, and says which one a source breaks. docs/writing-a-source.md
// explains how to write a source.
//
// # Concurrency
//
// The engine never calls Next concurrently with itself. It may call Name at any time. It calls
// Close once, after the last Next has returned. A source belongs to one config: Open refuses a
// source that another config of the process has, or has closed. A source without Close, and one
// that is Reusable (see [Description]), may be given to another config after the first config was
// closed.
//
// # Optional abilities
//
// A source may implement [io.Closer], [FreshnessReporter], [Acknowledger] and [Describer]. The
// engine finds them with [As].
//
// # Decorators
//
// A decorator is a source that wraps another one, to log its calls for example. It has a method
//
//	Unwrap() source.Source
//
// that always returns the wrapped source, and may be called at any time. The decorator then has
// every ability of the wrapped source that it does not implement itself, and the options of a
// nacre.Layer that it wraps apply. An ability that it does implement replaces that of the wrapped
// source, which it must call if it is needed: a decorator with a Close closes the wrapped source. A
// decorator without Unwrap has only the abilities that it implements.
//
// A decorator that changes what Next returns implements the abilities that are no longer true of
// it:
//
//   - Different documents: Describe, with an Identity of its own, and without Namespace and Group.
//     It sets Trusted only if it takes the change from a place that is trusted as well, and Local
//     only if that place is always at hand.
//   - Different revisions: Ack, which passes the revision of the wrapped source on.
//   - Content that is older than that of the wrapped source: VerifiedAt.
//
// A Describe of a decorator starts with the [DescriptionOf] the wrapped source, so that it keeps
// fields that are added later.
//
// Sharable and Reusable concern one source, not the chain: the engine asks each source of a chain
// that has a Describe method. A decorator without one belongs to one config at a time, even around
// a source that several configs share.
package source
