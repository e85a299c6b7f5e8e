// Package otelobserve exports what a config does as traces and metrics of OpenTelemetry. It uses
// the API of OpenTelemetry and not its SDK.
//
//	o := otelobserve.New("orders")
//	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{Observers: []observe.Observer{o.Observe}}, layers...)
//	if err != nil {
//		return err
//	}
//	if err := o.Watch(cfg.Health); err != nil {
//		return err
//	}
//
// docs/tracing.md shows a trace, and docs/metrics.md lists the metrics, which have the names that
// promobserve gives them.
//
// # Traces
//
// Publishing is a span of kind PRODUCER; see [OnPublish]. Each decision of an instance is a span
// "config.apply" of kind CONSUMER: a new root with a link to the span that published the change,
// because a change has hundreds of instances and may be applied days later. Below it are the steps
// (config.decode, config.merge, config.validate, config.build, config.search, config.swap), each
// build of a resource, and each call of a subscriber. An automatic rollback is a span of its own,
// "config.rollback".
//
// The spans have the times at which the steps ran, although they are made afterwards. The trace
// parents come from a manifest or from the first line of a document.
//
// # Attributes
//
// Attributes hold the name of the config, layers, documents, revisions, versions, sums and
// releases, at most 16 of each and 128 bytes of each text. An error is an attribute error.type with
// its kind, such as "unknown_key". No attribute, status or metric holds a value of the
// configuration or the text of an error.
//
// The metrics have at most 100 values of each attribute, as in promobserve; further names share the
// value "other".
//
// # Concurrency
//
// The observer only puts events into two queues ([observe.Async]), one for traces and one for
// metrics. A provider that blocks or panics delays no change; [Observer.Dropped] counts the events
// that are lost. Close of the config waits until the events before it have been handled; if they
// are not within its time, it says so with an error of kind Timeout. All functions are safe for
// concurrent use.
//
// # Limits
//
// The spans of subscribers are below their version for the newest 64 versions. A call that
// concerns an older version, or whose decision was dropped, is a root with links. The builds of a
// call of Derive, which are not part of a change, have no span.
package otelobserve
