// Package lastgood keeps the last good content of a config's layers on disk, so that a service can
// start while the origin of its configuration is down.
//
// A copy is replaced atomically: a new file is written next to the old one, synced and renamed, and
// the folder is synced. A crash or a full disk leaves the old copy. Only the owner can read the
// file (0600, folder 0700). The first line contains a SHA-256 of the rest, and a copy that does not
// match it is refused. One config of one process owns the file, by a lock on a lock file that ends
// with the process. Other processes can read the copy, but not replace it.
//
// # Other users
//
// Files are opened without blocking and without following links, and checked before they are read.
// A copy in plaintext that another user may have written is refused. A sealed copy, with a key, is
// authenticated together with its path. It is refused if it is older than the newest copy that was
// saved at that path, which a separate file records. docs/adr/0021 describes these decisions, and
// why none of them prevents a service from starting.
//
// # Limits
//
// The checksum detects damage and careless edits. It is not a signature: a copy in plaintext is as
// trustworthy as its owner. A sealed copy can be removed, and can be restored together with the
// file that records the newest one.
package lastgood
