// Command comparison runs the same service on nacre and on other libraries, does to each what
// happens to services in production, and prints what became of the service as a Markdown table:
//
//	go -C comparison run .
//
// Each service is in a file of its own, with_*.go, and is written as the documentation of its
// library shows. Each runs in a process of its own. The libraries for files read a file; the Nacos
// SDK reads a document of a Nacos server in this process; nacre does both.
package main
