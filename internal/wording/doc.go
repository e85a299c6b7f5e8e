// Package wording distinguishes nacre's own words from foreign text in the message of a problem.
//
// # What
//
// A message may embed text from foreign code: the error of a Validate method, of a resolver, of a
// library. Such a text may contain a secret, which the engine redacts. Nacre's own words must not
// be redacted, even if a secret happens to be "true" or "required". A [Text] is a message whose
// parts have an author. [Text.On] attaches it to a problem.
//
// # Flow
//
//	Own, Foreign, OfError → Text ─On→ source.Problem ─Of→ Text ─Redact→ string
//
// # Limits
//
// Text without a known author is foreign. So a message that is made without this package, or
// changed after On, is redacted too much at worst, and shows no secret.
package wording
