// Package otlptest has tests of otelobserve with the exporters of OpenTelemetry and with Nacos, and
// no code. It is a module of its own, so that a user of otelobserve does not require what they
// require.
package otlptest
