// Package swap holds the live state behind an atomic pointer for any number of readers, and the
// state before it for one writer. Readers never wait, the writer never waits for readers, and a
// state that a reader holds stays valid and unchanged.
package swap
