package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/work"
)

// options are what the command line says.
type options struct {
	works    []string
	sizes    []int
	peers    []string
	passes   int
	time     time.Duration
	limit    time.Duration
	json     bool
	out      string
	gate     bool
	record   bool
	recorded string
}

// What the gate measures with, within a minute.
const (
	gatePasses = 7
	gateTime   = 150 * time.Millisecond
)

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var works, sizes, peers string
	names := make([]string, 0, len(work.Groups()))
	for _, g := range work.Groups() {
		names = append(names, g.Name)
	}
	f := flag.NewFlagSet("peers", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&works, "work", "", "what to measure, a `LIST` of "+strings.Join(names, ", ")+", or parts of them such as key/yaml; none: all")
	f.StringVar(&sizes, "n", "", "sizes, a `LIST`; none: those of each work")
	f.StringVar(&peers, "peers", "", "which peers to measure, a `LIST` of beginnings of their names; none: all. Those that ratios are to are always measured")
	f.IntVar(&o.passes, "passes", 5, "how often each peer is measured, the peers taking turns; heaps and binaries are measured once")
	f.DurationVar(&o.time, "time", 100*time.Millisecond, "how long one measurement takes; a change that takes longer is made once")
	f.DurationVar(&o.limit, "limit", 2*time.Second, "how long all measurements of a peer may take in one work; a peer that takes longer has fewer passes; 0: no limit")
	f.BoolVar(&o.json, "json", false, "write one JSON object a line in place of the tables")
	f.StringVar(&o.out, "o", "", "`FILE` to write the tables into, between its marks if it has them")
	f.BoolVar(&o.gate, "gate", false, "compare the quick works with the recorded ratios, and fail if nacre has become slower")
	f.BoolVar(&o.record, "record", false, "measure the quick works and record their ratios")
	f.StringVar(&o.recorded, "recorded", "peers/recorded.json", "`FILE` with the recorded ratios")
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	if f.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q: the command has flags only, see -help", f.Arg(0))
	}
	o.works, o.peers = list(works), list(peers)
	for _, w := range o.works {
		if group, _, _ := strings.Cut(w, "/"); !slices.Contains(names, group) {
			return options{}, fmt.Errorf("-work: unknown work %q, want some of %s", w, strings.Join(names, ", "))
		}
	}
	for _, text := range list(sizes) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1_000_000 {
			return options{}, fmt.Errorf("-n: %q is not a number from 1 to 1000000", text)
		}
		o.sizes = append(o.sizes, n)
	}
	switch {
	case o.passes < 1:
		return options{}, fmt.Errorf("-passes: %d is less than 1", o.passes)
	case o.limit < 0:
		return options{}, fmt.Errorf("-limit: %v is less than 0", o.limit)
	case o.time < time.Millisecond:
		return options{}, fmt.Errorf("-time: %v is less than 1ms", o.time)
	case o.gate && o.record:
		return options{}, fmt.Errorf("-gate and -record exclude each other")
	}
	return o, nil
}

func list(text string) (all []string) {
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}

// takes reports whether a peer is measured.
func (o options) takes(peer string) bool {
	return len(o.peers) == 0 || slices.ContainsFunc(o.peers, func(name string) bool { return strings.HasPrefix(peer, name) })
}
