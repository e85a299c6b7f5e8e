// Package release plans a change of the documents of an environment, applies it as one release, and
// rolls a release back. It works on a small interface of a server, [Server]; [Nacos] is the real
// one.
//
// # What a release is
//
// A [Plan] says what changes: for each document the md5 that the server has now, the base, and the
// digest of the file that takes its place. It has no contents. [Apply] reads the files again, and
// refuses a plan if a file or the server has changed since.
//
// # What is where
//
// Two things are written before the first document is published, and name the release until it is
// done:
//
//   - the rollback file, in a [Folder] on this machine: for each document what was there before,
//     with metadata, and what is to be there. It is complete, synchronized with the disk, and
//     replaced as a whole.
//   - the record, a document of the server: which release is being applied by whom, or was applied
//     last. It changes by compare-and-set only, so that of two who apply at once one gets a
//     conflict before it has published anything.
//
// After a crash both are still there. What is done is not written down anywhere: the md5 on the
// server says of each document whether it is still the base, already the target, or what someone
// else published. So a note can never disagree with the server.
//
// # Order
//
// Documents are published stage by stage, within a stage several at once, each with compare-and-set
// on its base. When all of a stage can be read back, the next one begins. The manifest comes last
// of these, then the deletions, and then the record. If a document cannot be published, what was
// published is undone, in the reverse order, also with compare-and-set: what someone else has
// published meanwhile stays.
//
// # Steps
//
// With [Steps], the routing document comes last of these, once for each percentage of a rule. The
// rollback file has each of its contents, so that the md5 says which step the server has. A release
// that is continued begins with that step.
//
// # Deletions
//
// The record has an inventory: the documents of the environment with the md5 that its releases have
// published. Nothing else is deleted, and each document is read once more before. Instances may
// have the release by then, so that a deletion that fails does not undo it: the release stays open.
//
// # Unknown answers
//
// A request without an answer may have been carried out, and a server of a cluster may refuse a
// compare-and-set with another error than a conflict. So after each error the document is read
// until it shows what happened.
//
// # Limits
//
// Nacos has no transaction over several documents. Services that read a manifest see a release as a
// whole or not at all; others see documents one after the other. Creating a document is not atomic
// in Nacos: the record decides who may do it, and is itself created only once in an environment.
package release
