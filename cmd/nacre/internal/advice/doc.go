// Package advice says how a user of the command fixes what is wrong with a connection: by a flag, a
// context or a variable. The library says it for programmers, by the fields of its settings.
package advice
