// Package source is the contract between a place that holds configuration and the engine that applies it.
//
// A [Source] is one layer. It has two methods. Next is a long poll: given the revision that the engine saw last, it
// returns when there is something else to see. The contract is level-triggered: a push, a file event or a timer may
// only wake a source; what Next returns was read after the wake-up. A lost, late, doubled or reordered wake-up
// therefore cannot lose an update, and the number of wake-ups means nothing.
//
// # What a source owes
//
//  1. Subscribe first, then read, then compare, and only then block. In any other order a change can fall between.
//  2. Return when the state differs from what was last returned. State is the content, or the error that stands in its
//     place: the same error twice wakes nobody, and the end of an error is a change even if the content is as before.
//  3. Absent is not empty, and trouble is neither. A document that is not there is a [Document] with Absent set, never zero
//     bytes; an origin that fails, and a document that the source cannot decode, are errors, and take nothing away.
//  4. Content is whole: all of one state of the origin, never parts of two, never a part that is still being written.
//  5. Two contents that differ have revisions that differ. Revisions are compared for equality only.
//  6. Next returns ctx.Err() promptly when ctx ends and leaves no goroutine that its Close does not end.
//  7. Errors carry a [Kind] and name the document and the cause, never a value.
//  8. Content is not changed once it was returned, and what it says of itself is true: each document has a name that no
//     other document of the content has, and is Absent, or has a Tree, or has Data in a format that the engine knows;
//     a digest that the origin declares is that of Data, unless the origin is wrong.
//  9. Name is one short word, the same always, and may be called while Next runs.
//  10. Close ends the source, whatever came before: no Next, a cancelled Next, an error, another Close.
//  11. The zero revision, and one that the source never gave, ask for whatever is there now.
//  12. An ability does what its comment says, and does not block while Next runs.
//
// Package sourcetest checks each of these, and says which was broken. docs/writing-a-source.md walks through one.
//
// # Concurrency
//
// The engine never calls Next concurrently with itself. Name may be called at any time. Close is called once, after
// the last Next has returned. A source belongs to one config: Open refuses one that another config of the process has, or has
// closed. A source without Close, and one that is [Reusable], may be given to another config once the first one was closed.
//
// # Optional abilities
//
// A source may implement [io.Closer], [FreshnessReporter], [Acknowledger], [Local], [Trusted], [Sharable], [Reusable], [Identifier] and [Scoped]. The engine
// finds them by type assertion.
package source
