package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/bench"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/peer"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/report"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/work"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole command; it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		tell(stderr, "%v", err)
		return 2
	}
	if o.out != "" { // a long run must not end with a file that cannot be written
		if err := report.Writable(o.out); err != nil {
			tell(stderr, "%v", err)
			return 2
		}
	}
	peer.Quiet()
	do := measure
	switch {
	case o.gate:
		do = pass
	case o.record:
		do = record
	}
	if err := do(o, stdout, stderr); err != nil {
		tell(stderr, "%v", err)
		return 1
	}
	return 0
}

// measure measures what the options ask for, and writes what came of it.
func measure(o options, stdout, stderr io.Writer) error {
	jobs := work.Jobs(o.works, o.sizes, o.takes)
	if len(jobs) == 0 {
		return errors.New("-work and -n leave nothing to measure")
	}
	var t tables
	began := time.Now()
	for i, j := range jobs {
		tell(stderr, "%v: work %d of %d, %s with %d", time.Since(began).Round(time.Second), i+1, len(jobs), j.Work, j.N)
		rows, err := bench.Run(j, passes(o, j), bench.Budget{Time: o.time, Peer: o.limit}, stderr)
		if err != nil {
			return err
		}
		t.add(j, rows)
		if !o.json {
			continue
		}
		for _, r := range rows {
			if err := report.Line(stdout, r); err != nil {
				return err
			}
		}
	}
	if o.json {
		for _, g := range report.Growths(t.rows()) {
			if err := report.GrowthLine(stdout, g); err != nil {
				return err
			}
		}
	}
	text := report.Markdown(about(time.Since(began)), t.sections)
	if !o.json {
		if _, err := io.WriteString(stdout, text); err != nil {
			return err
		}
	}
	if o.out == "" {
		return nil
	}
	return report.Write(o.out, text)
}

// passes are those of the command line, or fewer where one measurement is exact.
func passes(o options, j bench.Job) int {
	if g, ok := work.GroupOf(j.Work); ok && g.Passes > 0 {
		return min(o.passes, g.Passes)
	}
	return o.passes
}

func tell(to io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(to, "peers: "+format+"\n", args...)
}
