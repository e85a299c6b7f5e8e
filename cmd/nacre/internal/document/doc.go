// Package document compares documents: by key, with the types and positions that the library
// decodes, or as text. It knows no struct, so the name of a key and the form of its value decide
// whether the value is secret; see [SecretName] and [SecretValue]. Nothing here returns the value
// of a secret.
package document
