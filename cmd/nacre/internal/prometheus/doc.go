// Package prometheus asks a Prometheus, or a server with its HTTP API such as Thanos, Mimir or
// VictoriaMetrics, for the values of an expression at one time. [Client.Query] returns them, and
// errors with the exit code that says whose mistake it is: that of the expression, of the
// credentials, or of the server.
package prometheus
