package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// row is what came of all tries of one client with one number of configs.
type row struct {
	shape
	client  string
	tries   int
	wait    time.Duration
	changes []change
}

// fresh is how many configs of a change were heard of within d of the last publish's answer.
func (c change) fresh(d time.Duration) int {
	count := 0
	for _, after := range c.after {
		if after <= d {
			count++
		}
	}
	return count
}

// allFresh is when the last config was heard of.
func (c change) allFresh() time.Duration { return slices.Max(c.after) }

// share is the share of configs, of all changes, that were fresh after d. It is unknown if no
// run waited for that long.
func (r row) share(d time.Duration) (float64, bool) {
	fresh, known := 0, true
	for _, c := range r.changes {
		fresh += c.fresh(d)
		known = known && (d <= r.wait || c.allFresh() != never)
	}
	return float64(fresh) / float64(r.n*len(r.changes)), known
}

// each is how many were fresh when the wait was over, change by change.
func (r row) each() []int {
	var counts []int
	for _, c := range r.changes {
		counts = append(counts, c.fresh(r.wait))
	}
	return counts
}

// allFresh is the worst of the changes.
func (r row) allFresh() time.Duration {
	worst := time.Duration(0)
	for _, c := range r.changes {
		worst = max(worst, c.allFresh())
	}
	return worst
}

// latency is the nearest rank of the latencies; what was never heard of is the largest.
func (r row) latency(percent float64) time.Duration {
	var all []time.Duration
	for _, c := range r.changes {
		all = append(all, c.latencies...)
	}
	slices.Sort(all)
	return all[max(0, int(math.Ceil(percent/100*float64(len(all))))-1)]
}

// spread is the longest that the publishes of a change took.
func (r row) spread() time.Duration {
	worst := time.Duration(0)
	for _, c := range r.changes {
		worst = max(worst, c.spread)
	}
	return worst
}

// stall is the longest of the changes.
func (r row) stall() time.Duration {
	worst := time.Duration(0)
	for _, c := range r.changes {
		worst = max(worst, c.stall)
	}
	return worst
}

// line is the row in JSON. What is null was not seen within wait_ms; fresh_each is left out where
// changes came one after the other in a try.
type line struct {
	Client    string   `json:"client"`
	N         int      `json:"n"`
	Adding    bool     `json:"adding,omitempty"`
	Restart   bool     `json:"restart,omitempty"`
	Fresh1s   *float64 `json:"fresh_1s"`
	Fresh5s   *float64 `json:"fresh_5s"`
	Fresh30s  *float64 `json:"fresh_30s"`
	AllFresh  *float64 `json:"all_fresh_ms"`
	P50       *float64 `json:"p50_ms"`
	P99       *float64 `json:"p99_ms"`
	Max       *float64 `json:"max_ms"`
	Tries     int      `json:"tries"`
	Rounds    int      `json:"rounds"`
	EachFresh []int    `json:"fresh_each,omitempty"`
	PublishMS *float64 `json:"publish_ms"`
	StallMS   *float64 `json:"stall_ms"`
	WaitMS    *float64 `json:"wait_ms"`
}

func (r row) writeJSON(to io.Writer) error {
	share := func(d time.Duration) *float64 {
		s, known := r.share(d)
		if !known {
			return nil
		}
		s = math.Floor(s*1e4) / 1e4 // down, so that 1 means all
		return &s
	}
	var each []int
	if r.rounds == 1 {
		each = r.each()
	}
	return json.NewEncoder(to).Encode(line{
		Client: r.client, N: r.n, Adding: r.adding, Restart: r.restart,
		Fresh1s: share(time.Second), Fresh5s: share(5 * time.Second), Fresh30s: share(30 * time.Second),
		AllFresh: millis(r.allFresh()), P50: millis(r.latency(50)), P99: millis(r.latency(99)), Max: millis(r.latency(100)),
		Tries: r.tries, Rounds: r.rounds, EachFresh: each, PublishMS: millis(r.spread()), StallMS: millis(r.stall()), WaitMS: millis(r.wait),
	})
}

func millis(d time.Duration) *float64 {
	if d == never {
		return nil
	}
	ms := math.Round(float64(d)/float64(time.Millisecond)*10) / 10
	return &ms
}

// inWords is a line for the eye.
func (r row) inWords() string {
	fresh := 0
	for _, c := range r.changes {
		fresh += c.fresh(r.wait)
	}
	return fmt.Sprintf("%d of %d fresh, all after %s, p50 %s, p99 %s, stall %s", fresh, r.n*len(r.changes), r.show(r.allFresh()), r.show(r.latency(50)), r.show(r.latency(99)), r.show(r.stall()))
}

// show writes a duration for people.
func (r row) show(d time.Duration) string {
	switch {
	case d == never:
		return fmt.Sprintf("> %g s", r.wait.Seconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}
