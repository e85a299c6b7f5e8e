//go:build !unix

package env

const withoutWaiting = 0
