// Package envconf reads what package nacos and package sdkconfig both take from the environment and
// from files: TLS settings and the labels of a connection.
//
// # Errors
//
// Functions return problems as text, for the caller's own error. A problem names the variable or
// the file's purpose, and never a value.
package envconf
