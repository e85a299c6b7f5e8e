// Package output writes the result of a command as a table for people, as JSON or YAML for
// programs, or as names for the shell. A JSON or YAML object has the field schema_version, the
// version of this contract and not of the user's documents: it rises when a field is removed or
// changes its meaning, and not when one is added.
package output
