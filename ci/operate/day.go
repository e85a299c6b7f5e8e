package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// fate is what becomes of an alert in a phase.
type fate int

const (
	// isDelivered: it reaches its receiver, and ends when the cause is gone.
	isDelivered fate = iota + 1
	// isDeliveredAndLasts: it reaches its receiver, and ends some time after the cause is gone,
	// as alerts on counters do. It may fire in the next phases.
	isDeliveredAndLasts
	// isInhibited: it fires, and another alert keeps it from its receiver.
	isInhibited
	// isDeliveredAndInhibited: it reaches its receiver before another alert inhibits it.
	isDeliveredAndInhibited
	// isPossible: it may fire and may be delivered. It depends on how fast the machine is.
	isPossible
)

// phase is a part of the day.
type phase struct {
	name   string
	expect map[string]fate
	// after are alerts of earlier phases that must be over first, since they inhibit expected ones.
	after []string
	// cause makes something go wrong, and cure ends it; either may be nil.
	cause, cure func(*day) error
	// uncounted is a phase in which events are dropped, so that counters are too low from then on.
	uncounted bool
}

// day is the state of the whole run.
type day struct {
	ctx                 context.Context //nolint:containedctx // of all that the command does
	dir, service, nacre string
	began               time.Time

	nacos        *nacostest.Server
	hook         *webhook
	prometheus   *prometheus
	alertmanager *alertmanager
	servers      []*process // Prometheus and Alertmanager
	instances    []*instance

	open    map[string]bool // alerts of earlier phases that may still fire
	counted bool            // the counters have counted every event
}

// run runs a phase.
func (d *day) run(p phase) error {
	before := slices.Clone(p.after)
	for name, fate := range p.expect {
		if fate != isPossible {
			before = append(before, name)
		}
	}
	if err := d.expectOver(before, 90*time.Second); err != nil {
		return fmt.Errorf("alerts of an earlier phase continue: %w", err)
	}
	began := time.Now()
	if p.cause != nil {
		if err := p.cause(d); err != nil {
			return err
		}
	}
	if p.uncounted {
		d.counted = false
	}
	if err := d.wait("alerts", 90*time.Second, func() error { return d.arrived(p, began) }); err != nil {
		return err
	}
	if err := d.agree(); err != nil {
		return err
	}
	if p.cure != nil {
		if err := p.cure(d); err != nil {
			return err
		}
	}
	if err := d.agree(); err != nil {
		return err
	}
	if err := d.wait("the end of alerts", 90*time.Second, func() error { return d.over(p, began) }); err != nil {
		return err
	}
	for name, fate := range p.expect {
		if fate == isDeliveredAndLasts || fate == isPossible {
			d.open[name] = true
		}
	}
	return d.unexpected(p, began)
}

// arrived returns an error until each expected alert has had its fate.
func (d *day) arrived(p phase, began time.Time) error {
	inhibited, err := d.alertmanager.inhibited()
	if err != nil {
		return err
	}
	var missing []string
	for name, fate := range p.expect {
		got := d.delivered(name, began)
		switch {
		case fate == isPossible:
		case fate != isInhibited && !got:
			missing = append(missing, fmt.Sprintf("%s (%s) has not reached %s%s", name, tiers[name], receivers[tiers[name]], d.strayed(name, began)))
		case fate == isInhibited && got:
			missing = append(missing, name+" has reached its receiver, and another alert should inhibit it")
		case (fate == isInhibited || fate == isDeliveredAndInhibited) && !slices.Contains(inhibited, name):
			missing = append(missing, name+" is not inhibited")
		}
	}
	slices.Sort(missing)
	return joined(missing)
}

// delivered reports whether the receiver of an alert's tier has got it.
func (d *day) delivered(name string, since time.Time) bool {
	return slices.ContainsFunc(d.hook.since(since), func(m message) bool { return m.fires(name) })
}

// strayed returns where an alert has arrived, as a part of a failure.
func (d *day) strayed(name string, since time.Time) string {
	for _, m := range d.hook.since(since) {
		if m.labels["alertname"] == name && !m.resolved {
			return fmt.Sprintf(", but %s, with the labels %v", m.receiver, m.labels)
		}
	}
	return ""
}

// ended reports whether the receiver of an alert has got the end of each that it has got.
// Prometheus repeats the end of an alert for 15 minutes, so only one after the alert counts.
func (d *day) ended(name string, since time.Time) bool {
	messages := d.hook.since(since)
	for n, m := range messages {
		if m.fires(name) && !slices.ContainsFunc(messages[n:], func(later message) bool {
			return later.resolved && later.receiver == m.receiver && maps.Equal(later.labels, m.labels)
		}) {
			return false
		}
	}
	return true
}

// over returns an error until the alerts of a phase have ended that do not last, and no alert is
// about to fire. The end of an alert must reach its receiver, unless that is not sent (P2) or was
// inhibited.
func (d *day) over(p phase, began time.Time) error {
	firing, err := d.prometheus.firing(time.Time{})
	if err != nil {
		return err
	}
	pending, err := d.prometheus.query(`ALERTS{alertstate="pending"}`)
	if err != nil {
		return err
	}
	var missing []string
	for _, s := range pending {
		missing = append(missing, s.Metric["alertname"]+" is about to fire")
	}
	for name, fate := range p.expect {
		switch {
		case fate == isDeliveredAndLasts || fate == isPossible:
		case slices.Contains(firing, name):
			missing = append(missing, name+" still fires")
		case fate == isDelivered && tiers[name] != "P2" && !d.ended(name, began):
			missing = append(missing, receivers[tiers[name]]+" lacks the end of "+name)
		}
	}
	slices.Sort(missing)
	return joined(missing)
}

// unexpected returns an error if an alert has fired or arrived that the phase does not expect.
func (d *day) unexpected(p phase, began time.Time) error {
	firing, err := d.prometheus.firing(began)
	if err != nil {
		return err
	}
	var wrong []string
	for _, name := range firing {
		if p.expect[name] == 0 && !d.open[name] {
			wrong = append(wrong, name+" has fired, which this phase does not expect")
		}
	}
	for _, m := range d.hook.since(began) {
		if name := m.labels["alertname"]; !m.resolved && p.expect[name] == 0 && !d.open[name] {
			wrong = append(wrong, fmt.Sprintf("%s has reached %s, which this phase does not expect", name, m.receiver))
		} else if m.receiver != receivers[tiers[name]] {
			wrong = append(wrong, fmt.Sprintf("%s has reached %s, and its tier is %s", name, m.receiver, tiers[name]))
		}
	}
	wrong = append(wrong, d.hook.mistakes()...)
	slices.Sort(wrong)
	return joined(slices.Compact(wrong))
}

// expectOver waits until alerts of earlier phases have ended, and forgets those that have.
func (d *day) expectOver(names []string, within time.Duration) error {
	return d.wait("the end of earlier alerts", within, func() error {
		firing, err := d.prometheus.firing(time.Time{})
		if err != nil {
			return err
		}
		var still []string
		for name := range d.open {
			switch {
			case !slices.Contains(firing, name):
				delete(d.open, name)
			case slices.Contains(names, name):
				still = append(still, name+" still fires")
			}
		}
		return joined(still)
	})
}

// agree waits until the metrics of each instance that is open agree with its Health.
func (d *day) agree() error {
	return d.wait("metrics that agree with Health", 20*time.Second, func() error {
		var errs []error
		for _, i := range d.instances {
			if i.runs() {
				errs = append(errs, i.agree(d.counted))
			}
		}
		return errors.Join(errs...)
	})
}

// scraped waits until Prometheus has scraped what the instances say now: a state that ends before
// it does is not in its data.
func (d *day) scraped() error {
	began := time.Now()
	return d.wait("a scrape of each instance", 20*time.Second, func() error {
		all, err := d.prometheus.query("timestamp(up)")
		if err != nil || len(all) == 0 {
			return errors.Join(err, errors.New("nothing is scraped yet"))
		}
		for _, s := range all {
			if s.Value.number() <= float64(began.UnixMilli())/1000 {
				return fmt.Errorf("%s is not scraped yet", s.Metric["instance"])
			}
		}
		return nil
	})
}

// wait calls condition until it returns nil. The error has what it returned at last.
func (d *day) wait(what string, within time.Duration, condition func() error) error {
	deadline := time.Now().Add(within)
	ticker := time.NewTicker(150 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := condition()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %s:\n%w", what, within, err)
		}
		if err := d.alive(); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-d.ctx.Done():
			return context.Cause(d.ctx)
		}
	}
}

// alive returns an error if a program has ended by itself.
func (d *day) alive() error {
	var errs []error
	for _, p := range d.processes() {
		errs = append(errs, p.err())
	}
	return errors.Join(errs...)
}

func (d *day) processes() []*process {
	all := slices.Clone(d.servers)
	for _, i := range d.instances {
		if i.process != nil {
			all = append(all, i.process)
		}
	}
	return all
}

func joined(lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	return errors.New("  " + strings.Join(lines, "\n  "))
}
