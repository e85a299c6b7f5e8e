// Package lastgood keeps the last good content of a config's layers on disk, so that a service can start while the place
// that holds its configuration is down.
//
// The copy is replaced whole: written beside the old one, synced, renamed over it, and the folder synced; a crash or a full
// disk leaves the old copy. Its file is readable by its owner only (0600, folder 0700). The first line carries a SHA-256 of
// the rest, and a copy that does not match it is refused. One config of one process owns the file, by a lock on a file
// beside it that ends with the process; others may read the copy but not replace it.
//
// # Other users
//
// Files are opened without waiting for anybody and without following a link, and checked before they are read. A copy in clear
// that another user may have written is refused. A sealed copy, with a key, is authenticated with its path, and refused when it
// is older than the newest one that was saved at that path, which a file beside it tells. docs/adr/0021 says what is decided how,
// and why nothing of it keeps a service from starting.
//
// # Limits
//
// The checksum finds damage and careless edits. It is not a signature: a copy in clear is as good as its owner. A sealed copy
// can be removed, and put back together with the mark of its time.
package lastgood
