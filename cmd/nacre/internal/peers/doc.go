// Package peers compares what the instances of a service say of themselves: it finds those that
// share an ID, and those whose builds bind different structs to the same document.
package peers
