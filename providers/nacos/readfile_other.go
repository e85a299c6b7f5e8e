//go:build !unix

package nacos

const withoutWaiting = 0
