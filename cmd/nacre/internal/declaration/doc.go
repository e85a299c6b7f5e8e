// Package declaration is what a service declares about its configuration: its keys, which of them
// take effect only after a restart, what reads them, and the limits of its change guard. The
// command writes it with nacre schema, a team keeps it in the repository of the documents, and
// nacre impact says by it what a plan means for the service.
package declaration
