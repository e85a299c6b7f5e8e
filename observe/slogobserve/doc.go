// Package slogobserve writes the events of a config to a slog.Logger, one line for each event,
// never with a value of the configuration.
//
// # Levels
//
// A new version, a layer that has recovered and a resource are Info. A change that is rejected,
// held or waits for a restart, a layer that is down, an absent document and a slow subscriber are
// Warn. An error or panic of the service's code, a rollback, an open breaker and a last known good
// copy that cannot be saved are Error. What changes nothing is Debug.
package slogobserve
