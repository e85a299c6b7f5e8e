//go:build !unix

package nacre

const withoutWaiting = 0
