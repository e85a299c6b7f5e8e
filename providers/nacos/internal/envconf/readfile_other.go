//go:build !unix

package envconf

const nonblocking = 0
