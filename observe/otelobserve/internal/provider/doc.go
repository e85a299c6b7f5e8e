// Package provider has what otelobserve and otelnacos share: calls of a provider that may block or
// panic, names that are in use on a provider, and the bounds of the attributes of metrics.
package provider
