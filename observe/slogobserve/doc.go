// Package slogobserve writes the events of a config to a slog.Logger, one line each, never with a value.
//
// Levels: a new version is Info; what was refused, held, absent, or down is Warn; a subscriber's error or panic and a last
// good copy that cannot be saved are Error; what changes nothing is Debug.
package slogobserve
