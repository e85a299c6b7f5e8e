// Command gin is an HTTP service on Gin whose currency, log level and rate limit are in Nacos.
//
//	go -C examples/frameworks run ./gin
//
// Without NACOS_SERVER_ADDR it starts a Nacos server in the process and publishes a first document.
package main
