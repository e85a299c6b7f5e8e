// Command start is the service of docs/getting-started.md: a file, the environment, and a handler
// that uses the newest good configuration.
package main
