// Package swap holds what is live: one atomic pointer for any number of readers, and the state before it for the one
// writer. Readers never wait, writers never wait for readers, and what a reader holds stays valid and unchanged for as
// long as it is held.
package swap
