// Package rpctest is a server of HTTP/2 frames, for tests alone: exactly what the test says goes
// over the wire, also what no library for servers lets it do.
package rpctest
