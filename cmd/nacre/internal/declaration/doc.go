// Package declaration is what a service declares about its configuration: its keys, and which of
// them take effect only after a restart. The command writes it with nacre schema, a team keeps it
// in the repository of the documents, and a plan says by it what a change means for the
// service.
package declaration
