// Package observe defines what a config reports about itself: an [Event] for each step of the flow,
// and the data that [Health], the history and [Explanation] return.
//
// An [Observer] is a function that receives every event:
//
//	observer := func(e observe.Event) {
//		switch e.Kind {
//		case observe.Applied:
//			log.Print("version ", e.Version, " from ", e.Causes)
//		case observe.Rejected:
//			log.Print("rejected: ", e.Problems)
//		}
//	}
//	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{Observers: []observe.Observer{observer}}, layers...)
//
// Adapters that turn events into logs, metrics or traces live in packages of their own, such as
// slogobserve, so that a program compiles only the adapters that it imports.
//
// # Concurrency
//
// The config calls its observers synchronously: most of them from the goroutine that applies
// changes, [SubscriberCalled] from the subscriber's goroutine, [LastKnownGoodSaved] from the one
// that writes the copy, and [LayerStale], [LayerFresh] and [ReadinessChanged] from one that watches
// how fresh the layers are. An observer must be safe for concurrent use, return quickly, and not
// call the config. For an observer that may be slow, [Async] has a queue and a goroutine. A panic
// in an observer is recovered and dropped; the other observers still receive the event.
//
// An observer may keep an event, for example in a queue: the config does not change what it has
// passed. It must not modify what the event refers to.
//
// # Secrets
//
// Events carry no values of the configuration. The text of an error from the service's own code,
// such as a subscriber's, is redacted: each value of a secret field that is at least 4 bytes long
// is replaced where the text has it whole, plain or quoted.
package observe
