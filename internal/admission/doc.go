// Package admission decides whether a content that has arrived may be tried at all. It holds
// contents that lose too many keys ([LossGuard]), that were rolled back ([Quarantine]), and that
// are a part of a release only, or of one that was replayed ([Gate]).
//
// The package only compares contents: the engine records what is held, and reports it.
package admission
