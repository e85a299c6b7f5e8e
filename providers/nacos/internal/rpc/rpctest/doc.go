// Package rpctest is a server of HTTP/2 frames for tests. It sends exactly what the test says, also
// what libraries for servers do not allow.
package rpctest
