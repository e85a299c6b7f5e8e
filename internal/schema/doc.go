// Package schema holds the types to which a configuration is bound: the service's own, and those of
// the sections that are attached to it.
package schema
