// Package audit is a plugin: the service that runs it does not know its settings when it starts.
package audit
