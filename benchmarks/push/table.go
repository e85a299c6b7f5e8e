package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// markdown is the tables, with what was measured on.
func markdown(results []result, o options, s *server) string {
	rows, idles, sizes := of[row](results), of[idle](results), of[size](results)
	var b strings.Builder
	fmt.Fprintf(&b, "%s, on %s; nacos-sdk-go %s, %s, %s/%s, %d processors%s. Contents of %d bytes, waited for %g s at most.\n",
		s.title, time.Now().Format(time.DateOnly), version("github.com/nacos-group/nacos-sdk-go/v2"), runtime.Version(), runtime.GOOS,
		runtime.GOARCH, runtime.NumCPU(), load(), o.size, o.wait.Seconds())
	if len(rows) > 0 {
		b.WriteString(changeTable(rows))
	}
	if len(idles) > 0 {
		b.WriteString(idleTable(idles, o))
	}
	if len(sizes) > 0 {
		b.WriteString(sizeTable(sizes))
	}
	return b.String()
}

// of picks the results of one type.
func of[R result](results []result) (all []R) {
	for _, r := range results {
		if is, ok := r.(R); ok {
			all = append(all, is)
		}
	}
	return all
}

func changeTable(rows []row) string {
	var b strings.Builder
	b.WriteString("\n| Changed together | Published in | Client | Fresh after 1 s | 5 s | 30 s | All fresh | p50 | p99 | max | Stall |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s%s | %s | %s | %s | %s | %s |\n",
			r.what(), r.show(r.spread()), title(r.client), r.percent(time.Second), r.percent(5*time.Second), r.percent(30*time.Second), r.counts(),
			r.show(r.allFresh()), r.show(r.latency(50)), r.show(r.latency(99)), r.show(r.latency(100)), r.show(r.stall()))
	}
	return b.String()
}

// what says how many changed, and how often.
func (r row) what() string {
	if r.adding {
		return fmt.Sprintf("%d, listeners being added", r.n)
	}
	if r.restart {
		return fmt.Sprintf("%d, server killed and back", r.n)
	}
	if r.rounds > 1 {
		return fmt.Sprintf("1, %d times", len(r.changes))
	}
	if len(r.changes) == 1 {
		return strconv.Itoa(r.n)
	}
	return fmt.Sprintf("%d, %d times", r.n, len(r.changes))
}

// percent rounds down, so that 100 % are all.
func (r row) percent(d time.Duration) string {
	share, known := r.share(d)
	switch {
	case !known:
		return "?"
	case share == 1:
		return "**all**"
	}
	return fmt.Sprintf("%d %%", int(share*100))
}

// counts lists how many were fresh in the end, change by change, where not all were.
func (r row) counts() string {
	if r.rounds > 1 || r.allFresh() != never {
		return ""
	}
	return " (" + strings.Trim(strings.ReplaceAll(fmt.Sprint(r.each()), " ", ", "), "[]") + ")"
}

func title(client string) string { return listeners[slices.Index(clientNames(), client)].title }

// version is that of a module that this program is made of.
func version(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == path {
				return dep.Version
			}
		}
	}
	return "(version unknown)"
}

// load tells how busy the machine was in the last minutes, where the system says so.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 3 {
		return ""
	}
	return ", load " + fields[2]
}
