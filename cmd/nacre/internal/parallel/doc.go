// Package parallel does several things at once, and stops at the first error.
package parallel
