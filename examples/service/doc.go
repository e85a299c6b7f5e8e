// Command service is the example of the README: a service whose configuration comes from a file, a
// Nacos server and the environment. It needs a server (NACOS_SERVER_ADDR=127.0.0.1:8848);
// examples/quickstart brings its own.
package main
