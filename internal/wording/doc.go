// Package wording keeps nacre's own words apart from the texts of others in the message of a
// problem.
//
// # What
//
// A message may embed what foreign code said: the error of a Validate method, of a resolver, of a
// library. Such a text may carry a secret, and the engine takes out of it whatever is one. Nacre's
// own words must stay whole, also where a secret happens to be "true" or "required". A [Text] is a
// message whose parts have an author, and [Text.On] notes it on a problem.
//
// # Flow
//
//	Own, Foreign, OfError → Text ─On→ source.Problem ─Of→ Text ─Redact→ string
//
// # Limits
//
// What nobody has noted an author of is foreign. So a message that is made without this package, or
// changed after On, loses a word too many at worst, and shows no secret.
package wording
