// Package lastgood keeps the last good content of a config's layers on disk, so that a service can start while the place
// that holds its configuration is down.
//
// The copy is replaced whole: written beside the old one, synced, renamed over it, and the folder synced; a crash or a full
// disk leaves the old copy. Its file is readable by its owner only (0600, folder 0700). The first line carries a SHA-256 of
// the rest, and a copy that does not match it is refused. One process owns the file, by a lock on a file beside it that ends
// with the process; others may read the copy but not replace it.
//
// # Limits
//
// The checksum finds damage and careless edits. It is not a signature: who may write the folder may forge a copy. Content
// is stored in clear.
package lastgood
