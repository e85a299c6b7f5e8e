// Package rpc calls gRPC methods over one HTTP/2 connection, with the standard library alone.
//
// A Nacos session needs unary calls and one bidirectional stream, all on one TCP connection, by
// which the server identifies its clients. It needs no balancing, name service, retries, service
// configuration or tracing, for which grpc-go adds 5 MB to a program; docs/adr/0016 has the
// figures. The package follows gRPC over HTTP/2
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), without compression, which it
// does not offer.
//
// Messages are bytes, which the caller encodes.
package rpc
