// Command grpc is a gRPC service whose limits and TLS certificate are in its configuration.
//
//	go -C examples/frameworks run ./grpc
//
// It shows three things: the standard health service says what the config says about readiness,
// each call sees one version of the configuration, and a new certificate is used for new
// connections while old ones continue. Without NACOS_SERVER_ADDR it starts a Nacos server in the
// process.
package main
