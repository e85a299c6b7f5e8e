// Package rpc calls gRPC methods over one HTTP/2 connection, with the standard library alone.
//
// A Nacos session needs of gRPC a unary call, one stream both ways, and to know which TCP
// connection they go over, since the server knows its clients by that. It needs no balancing, name
// service, retries, service configuration or tracing, for which grpc-go adds 5 MB to a program;
// docs/adr/0016 has the figures. It follows gRPC over HTTP/2
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), without compression, which it
// does not offer.
//
// Messages are bytes: who calls encodes them.
package rpc
