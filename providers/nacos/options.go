package nacos

import (
	"math/rand/v2"
	"time"
)

// Option changes how a [Client] works. Clients with different durations have connections of their
// own.
//
// The heartbeat adapts to the network, whose quality is measured by the last ten heartbeats and the
// answer times:
//
//	good   no miss, answers under 100 ms    every 30 s   dead after 2 misses in a row
//	fair   what is neither                  every 15 s   after 3
//	bad    two misses, or answers over 1 s  every 5 s    after 5
//
// A heartbeat that is not answered within 3 s is a miss, and the next one follows at once. Any
// other answer of the server, and a push, counts as an answered one.
type Option interface{ apply(*options) }

type options struct {
	onEvent func(Event)
	timings timings
}

// timings are part of what makes two sessions the same, so they are comparable.
type timings struct {
	request   time.Duration // one request
	connect   time.Duration // one try of one server, from dialling to registered
	reconcile time.Duration
	jitter    float64
	backMin   time.Duration
	backMax   time.Duration
	healthy   time.Duration // after which the back-off starts from its beginning
	outage    int           // rounds of tries after which an outage is told
	beat      time.Duration // within which a heartbeat must be answered
	beatEvery time.Duration // for tests; zero: as the network is
	report    time.Duration // from "applied" until the server is told
	locate    time.Duration // between two questions to the address server
	away      time.Duration // at a server that is not listed, until the session goes back to the list
	retryMin  time.Duration // of a read that went wrong
	retryMax  time.Duration
	older     time.Duration // another server's older content is not taken for so long
	close     time.Duration
}

func defaults() timings {
	return timings{
		request: 5 * time.Second, connect: 5 * time.Second,
		reconcile: 30 * time.Second, jitter: 0.1,
		backMin: 100 * time.Millisecond, backMax: 30 * time.Second, healthy: time.Minute, outage: 10,
		beat: 3 * time.Second, report: 500 * time.Millisecond, locate: 30 * time.Second, away: 10 * time.Minute,
		retryMin: 100 * time.Millisecond, retryMax: 30 * time.Second, older: 30 * time.Second,
		close: 5 * time.Second,
	}
}

func (t timings) nextReconcile() time.Duration {
	return jittered(t.reconcile, t.jitter)
}

// jittered returns d give or take a share of it, so that not all clients come at once.
func jittered(d time.Duration, share float64) time.Duration {
	return time.Duration(float64(d) * (1 + share*(2*rand.Float64()-1)))
}

type option func(*options)

func (o option) apply(to *options) { o(to) }

// OnEvent has what the session does told to f: see [Event]. Events are told in order, from one
// goroutine; f must return soon: while it does not, up to 1024 events wait, and those beyond are
// dropped and counted. A panic in f is dropped. Default: nobody is told.
func OnEvent(f func(Event)) Option { return option(func(o *options) { o.onEvent = f }) }

// ReconcileEvery sets the time between two comparisons of all keys with the server's, give or take
// a tenth: the bound of staleness when pushes are lost. Default 30 s; least 1 s.
func ReconcileEvery(d time.Duration) Option {
	return option(func(o *options) { o.timings.reconcile = max(d, time.Second) })
}

// RequestTimeout sets how long one request may take. Default 5 s; least 100 ms, most an hour.
func RequestTimeout(d time.Duration) Option {
	return option(func(o *options) { o.timings.request = min(max(d, 100*time.Millisecond), time.Hour) })
}

// OutageAfter sets after how many rounds of tries in a row, each of which has failed at every
// server, an outage is told, with [EventOutage]. Default 10; least 1.
func OutageAfter(rounds int) Option {
	return option(func(o *options) { o.timings.outage = max(rounds, 1) })
}
