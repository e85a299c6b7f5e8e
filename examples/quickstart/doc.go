// Command quickstart shows nacre at work, with nothing installed but Go. It starts a Nacos server
// in the process, and a small HTTP service whose configuration comes from a file, Nacos and the
// environment. Then it plays seven chapters: a start, a change, two changes together, a bad change,
// bad subscribers, a server that dies, and a restart without the server. After that it keeps
// serving, and prints the commands with which you can publish and watch.
//
//	go run ./examples/quickstart          play the chapters, then serve until interrupted
//	go run ./examples/quickstart -once    play the chapters and end
//
// Only the server is a test double; the rest is what your service would do. Read service.go
// first: it is all that a service needs. story.go makes things happen to it.
package main
