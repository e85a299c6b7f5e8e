// Package redact removes secrets from texts that are not nacre's own, before they reach a log, an
// event or an error.
package redact
