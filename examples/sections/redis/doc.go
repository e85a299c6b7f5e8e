// Package redis is a part of a service that has its own settings. No other package knows their
// type.
package redis
