// Command operate shows what the people on call see of a service with nacre, with nothing installed
// but Go. It starts a Nacos server in the process and two instances of a service, and makes six
// things happen to them: a start, a good change, a bad one, one that is held, a subscriber that
// hangs, and a lost push. After each it prints the metrics that tell of it, and the trace of the
// publication down to the subscribers of both instances.
//
//	go -C examples/operate run .                          play the chapters and end
//	go -C examples/operate run . -serve                   then serve the debug pages and the metrics
//	go -C examples/operate run . -listen 127.0.0.1:9101   the same, on ports that Prometheus can scrape
//
// Read instance.go first: it is the wiring of a service, for metrics and traces. The other files
// make things happen and print them. It is a module of its own, so that nacre does not require the
// libraries of Prometheus and OpenTelemetry.
package main
