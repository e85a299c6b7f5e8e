// Package search looks for the largest good part of a rejected change: the contents that can become
// live together.
package search
