package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// trace prints the trace of a release, once so many decisions on it and calls of subscribers are
// there.
func (s *story) trace(ctx context.Context, release string, decisions, calls int) error {
	if err := wait(ctx, "the spans of "+release+" are there", func() bool { return s.traces.decided(release, decisions, calls) }); err != nil {
		return err
	}
	s.traces.write(s.out, "release "+release)
	fmt.Fprintln(s.out)
	return nil
}

// scrape returns what Prometheus gets from an instance.
func (i *instance) scrape(ctx context.Context) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+i.addr+"/metrics", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// metrics prints the series that begin with the prefixes, of each instance.
func (s *story) metrics(ctx context.Context, prefixes ...string) error {
	for _, i := range s.instances {
		body, err := i.scrape(ctx)
		if err != nil {
			return err
		}
		for line := range strings.Lines(body) {
			if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(line, p) }) {
				fmt.Fprintf(s.out, "  %-10s %s", i.name, line)
			}
		}
	}
	fmt.Fprintln(s.out)
	return nil
}

// untilMetrics waits until each instance has these series with these values: a queue is between the
// events of a config and its counters.
func (s *story) untilMetrics(ctx context.Context, want ...string) error {
	return wait(ctx, strings.Join(want, ", "), func() bool {
		for _, i := range s.instances {
			body, err := i.scrape(ctx)
			if err != nil || slices.ContainsFunc(want, func(series string) bool { return !strings.Contains(body, series+"\n") }) {
				return false
			}
		}
		return true
	})
}

// compare prints counters of OpenTelemetry, which have the values of those in Prometheus.
func (s *story) compare(ctx context.Context) error {
	s.chapter("The same through OpenTelemetry, under names that translate to those of Prometheus")
	for _, i := range s.instances {
		var all metricdata.ResourceMetrics
		if err := i.reader.Collect(ctx, &all); err != nil {
			return err
		}
		var lines []string
		for _, scope := range all.ScopeMetrics {
			for _, m := range scope.Metrics {
				sum, ok := m.Data.(metricdata.Sum[int64])
				if !ok || m.Name != "nacre.changes" && m.Name != "nacre.nacos.reconcile_changed" {
					continue
				}
				for _, p := range sum.DataPoints {
					parts := []string{m.Name}
					for _, a := range p.Attributes.ToSlice() {
						parts = append(parts, string(a.Key)+"="+a.Value.String())
					}
					lines = append(lines, fmt.Sprint(strings.Join(parts, " "), " ", p.Value))
				}
			}
		}
		slices.Sort(lines)
		for _, line := range lines {
			fmt.Fprintf(s.out, "  %-10s %s\n", i.name, line)
		}
	}
	return nil
}
