// Package history keeps the last versions, the rejected changes and the acts of operators.
package history
