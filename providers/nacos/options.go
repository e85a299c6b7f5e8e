package nacos

import (
	"context"
	"math/rand/v2"
	"time"
)

// Option is an option of [NewClient]. Clients with different durations do not share a connection.
//
// The interval of heartbeats adapts to the quality of the network, measured by the last ten
// heartbeats and the response times:
//
//	good   no miss, answers under 100 ms    every 30 s   dead after 2 misses in a row
//	fair   all others                       every 15 s   after 3
//	bad    two misses, or answers over 1 s  every 5 s    after 5
//
// A heartbeat without an answer within 3 s is a miss, and the next one follows at once. Any other
// answer or push of the server counts as an answer.
type Option interface{ apply(*options) }

type options struct {
	onEvent   func(Event)
	onPublish func(ctx context.Context, config string) (string, func(error))
	timings   timings
}

// timings are the durations of a session. They are comparable, since sessions with different ones
// are not shared.
type timings struct {
	request   time.Duration // one request
	connect   time.Duration // one attempt at one server, from dialing to registered
	reconcile time.Duration
	jitter    float64
	backMin   time.Duration
	backMax   time.Duration
	healthy   time.Duration // after which the back-off starts again
	outage    int           // failed rounds after which there is an EventOutage
	beat      time.Duration // within which a heartbeat must be answered
	beatEvery time.Duration // for tests; zero: by the quality of the network
	report    time.Duration // from Ack to the report to the server
	locate    time.Duration // between two requests to the address server
	away      time.Duration // at an unlisted server, until the session returns to the list
	retryMin  time.Duration // of a failed read
	retryMax  time.Duration
	older     time.Duration // how long older content of another server is not accepted
	compare   time.Duration // between two comparisons with another server; 0: none
	close     time.Duration
}

func defaults() timings {
	return timings{
		request: 5 * time.Second, connect: 5 * time.Second,
		reconcile: 30 * time.Second, jitter: 0.1,
		backMin: 100 * time.Millisecond, backMax: 30 * time.Second, healthy: time.Minute, outage: 10,
		beat: 3 * time.Second, report: 500 * time.Millisecond, locate: 30 * time.Second, away: 10 * time.Minute,
		retryMin: 100 * time.Millisecond, retryMax: 30 * time.Second, older: 30 * time.Second, compare: 5 * time.Minute,
		close: 5 * time.Second,
	}
}

func (t timings) nextReconcile() time.Duration {
	return jittered(t.reconcile, t.jitter)
}

// longestReconcile is the longest interval that nextReconcile returns.
func (t timings) longestReconcile() time.Duration {
	return t.reconcile + time.Duration(float64(t.reconcile)*t.jitter)
}

// jittered returns d, give or take a random part of the share, so that clients do not act at the
// same time.
func jittered(d time.Duration, share float64) time.Duration {
	return time.Duration(float64(d) * (1 + share*(2*rand.Float64()-1)))
}

type option func(*options)

func (o option) apply(to *options) { o(to) }

// OnEvent sets a function that receives the client's events, in order and from one goroutine. While
// f does not return, up to 1024 events wait; the client drops and counts more. It ignores a panic
// of f. Default: none.
func OnEvent(f func(Event)) Option { return option(func(o *options) { o.onEvent = f }) }

// ReconcileEvery sets the interval at which the client compares all keys with the server's, give or
// take a tenth. It bounds the delay of an update whose push was lost. A layer is stale, see
// nacre.Options.FreshWithin, after two intervals without an answer at the earliest. Default 30 s;
// minimum 1 s, maximum one day.
func ReconcileEvery(d time.Duration) Option {
	return option(func(o *options) { o.timings.reconcile = min(max(d, time.Second), 24*time.Hour) })
}

// RequestTimeout sets the timeout of one request. Default 5 s; minimum 100 ms, maximum one hour.
func RequestTimeout(d time.Duration) Option {
	return option(func(o *options) { o.timings.request = min(max(d, 100*time.Millisecond), time.Hour) })
}

// CompareServersEvery sets the interval at which the client compares the md5 of its keys with
// another server of the cluster, give or take a quarter. A server can keep an old content, and
// answer that nothing has changed; only another server shows it. See "Servers that differ" in the
// package comment. Default 5 minutes; minimum 10 s, maximum one day; 0 or less switches it off.
func CompareServersEvery(d time.Duration) Option {
	return option(func(o *options) {
		if o.timings.compare = 0; d > 0 {
			o.timings.compare = min(max(d, 10*time.Second), 24*time.Hour)
		}
	})
}

// OutageAfter sets the number of failed rounds in a row, each over all servers, after which the
// client sends [EventOutage]. Default 10; minimum 1.
func OutageAfter(rounds int) Option {
	return option(func(o *options) { o.timings.outage = max(rounds, 1) })
}
