// Package prometheustest is a Prometheus for tests: it has the series that a test gives it, and
// answers queries of one selector, with "> 0" or as the age of its samples.
package prometheustest
