// Package inspect explains where the values of a version come from, given a snapshot of the
// engine's state.
package inspect
