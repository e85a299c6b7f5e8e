// Package impact says what a change of documents means for services, before it is made: which of
// them read the changed keys, what needs a restart, and what has no effect because no service reads
// the key, or a higher layer overrides it.
package impact
