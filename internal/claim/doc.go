// Package claim makes sure that a source belongs to one config of the process.
package claim
