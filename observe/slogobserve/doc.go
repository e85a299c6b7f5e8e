// Package slogobserve writes the events of a config to a slog.Logger, one line for each event,
// never with a value of the configuration.
//
// # Form
//
// Each message begins with "nacre: ". The attribute event is the kind of the event, such as
// "rejected"; it never changes, so search and alert by it. A line with an error has its kind, and
// the code of a Nacos error, as attributes too; a line with problems has their kinds, and one about
// documents the release that they name. Sums, kinds and releases are written as in metrics and
// spans. docs/log-signatures.md explains each line. Attributes of several texts, such as problems,
// are an array for a slog.JSONHandler, and one text for a slog.TextHandler, in which problems and
// reasons are numbered.
//
// # Levels
//
// A new version, a layer that has recovered or is fresh again, a config that is ready again, and a
// resource are Info. A change that is rejected, held or waits for a restart, unused and deprecated
// keys, a layer that is down or stale, an absent document and a slow subscriber are Warn. A config
// that is not ready, an error or panic of the service's code, a rollback, an open breaker and a
// last known good copy that cannot be saved are Error. What changes nothing is Debug.
package slogobserve
