// Command quickstart shows nacre at work, with nothing installed but Go: it starts an in-process Nacos server and a small HTTP
// service whose configuration comes from a file, Nacos and the environment, and tells a story with them: a change, two changes
// together, a bad change, bad subscribers, a server that dies, and a restart without it. Then it serves on, and prints the
// commands with which you can publish and watch.
//
//	go run ./examples/quickstart          tell the story, then serve until interrupted
//	go run ./examples/quickstart -once    tell the story and end
//
// Everything it does is what your service would do; only the server is a double. To read it, begin with service.go: that is
// all that a service needs. story.go makes things happen to it.
package main
