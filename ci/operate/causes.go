package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/nacre-go/nacre/observe"
)

// oneSum waits until Prometheus has the sum that the instances run, three times.
func (d *day) oneSum() error {
	return d.wait("one sum in Prometheus", 20*time.Second, func() error {
		h, err := d.instances[0].health()
		if err != nil {
			return err
		}
		found, err := d.prometheus.query("count by (sum) (nacre_config_info)")
		if err != nil {
			return err
		}
		if len(found) != 1 || found[0].Value.number() != float64(len(d.instances)) || len(h.Sum) < 15 || found[0].Metric["sum"] != h.Sum[:15] {
			return fmt.Errorf("Prometheus has %v, and the instances run %s", found, h.Sum)
		}
		return nil
	})
}

// reached waits until the receiver of its tier has got an alert.
func (d *day) reached(name string, since time.Time) error {
	return d.wait(name, time.Minute, func() error {
		if !d.delivered(name, since) {
			return fmt.Errorf("has not reached %s", receivers[tiers[name]])
		}
		return nil
	})
}

// opened waits until the config of an instance is open.
func (d *day) opened(i *instance) error {
	return d.wait(i.name+" is open", 30*time.Second, func() error {
		_, err := i.do("GET", "/readyz", nil)
		return err
	})
}

// deploy replaces an instance by one with other options.
func (d *day) deploy(i *instance, options ...string) error {
	if err := i.stop(); err != nil {
		return err
	}
	if err := i.start(d, options...); err != nil {
		return err
	}
	return d.opened(i)
}

// reconnects breaks the connections of all instances six times.
func reconnects(d *day) error {
	for range 6 {
		d.nacos.Disconnect()
		if err := d.wait("new connections", 30*time.Second, func() error {
			if got := len(d.nacos.Listeners("", group, orders)); got != len(d.instances) {
				return fmt.Errorf("%d instances are connected", got)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// badContents publishes as many bad contents as open the breaker (nacre.Options.MaxBadChanges). The
// first one stays until it alerts.
func badContents(d *day) error {
	began := time.Now()
	if err := d.publish(orders, pool(23)); err != nil {
		return err
	}
	if err := d.rollout(orders, "applied"); err != nil {
		return err
	}
	h, err := d.instances[0].health()
	if err != nil {
		return err
	}
	for n := range 10 {
		latest := map[string]string{}
		if err := d.each(func(i *instance) error {
			h, err := i.health()
			if err != nil {
				return err
			}
			l, err := layer(&h, orders)
			latest[i.name] = string(l.Latest)
			return err
		}); err != nil {
			return err
		}
		if err := d.put(orders, pool(-n)); err != nil {
			return err
		}
		if err := d.each(func(i *instance) error {
			return d.wait(fmt.Sprintf("%s rejects bad content %d", i.name, n+1), 20*time.Second, func() error {
				h, err := i.health()
				if err != nil {
					return err
				}
				l, err := layer(&h, orders)
				if err == nil && (string(l.Latest) == latest[i.name] || len(l.Rejected)+len(l.Held) == 0) {
					err = fmt.Errorf("the layer is %+v", *l)
				}
				return err
			})
		}); err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if err := d.rollout(orders, "rejected"); err != nil {
			return err
		}
		if err := d.reached("NacreConfigRejected", began); err != nil {
			return err
		}
	}
	after, err := d.instances[0].health()
	if err == nil && (after.Sum != h.Sum || after.Ready() != nil) {
		err = fmt.Errorf("bad contents have changed what the service runs: %s, and then %s, %w", h.Sum, after.Sum, after.Ready())
	}
	if err != nil {
		return err
	}
	// One more is held, since the layer has had too many.
	if err := d.put(orders, pool(501)); err != nil {
		return err
	}
	if err := d.eachLayer(orders, "is held", func(l *observe.LayerHealth) bool { return len(l.Held) > 0 }); err != nil {
		return err
	}
	return d.rollout(orders, "held")
}

// slowAndFailing makes a call of a subscriber pass its deadline and then fail.
func slowAndFailing(d *day) error {
	for _, name := range []string{"audit_hangs", "audit_fails"} {
		if err := d.fault(name, true); err != nil {
			return err
		}
	}
	if err := d.publish(orders, pool(30)); err != nil {
		return err
	}
	if err := d.wait("a slow subscriber", 20*time.Second, func() error {
		return d.each(func(i *instance) error {
			return subscriber(i, func(s observe.SubscriberHealth) bool { return s.Slow > 0 })
		})
	}); err != nil {
		return err
	}
	return d.fault("audit_hangs", false)
}

// behind publishes so often that a version always waits for a subscriber, until the alert is there.
// It ends the oldest call after each change, so that no call lasts long enough to be stuck.
func behind(d *day) error {
	began := time.Now()
	if err := d.fault("audit_hangs", true); err != nil {
		return err
	}
	for n := 0; !d.delivered("NacreSubscriberBehind", began); n++ {
		if time.Since(began) > time.Minute {
			return errors.New("NacreSubscriberBehind has not arrived within a minute of changes")
		}
		if n == 0 { // the subscriber is called, and no version waits
			if err := d.publish(orders, pool(100)); err != nil {
				return err
			}
			continue
		}
		if err := d.put(orders, pool(100+n)); err != nil {
			return err
		}
		if err := d.wait("a version waits for the subscriber", 20*time.Second, func() error { return d.each(pending) }); err != nil {
			return err
		}
		if err := d.instances[n%len(d.instances)].pass("audit_hangs"); err != nil {
			return err
		}
	}
	return nil
}

// pending returns an error until a version waits for the subscriber audit.
func pending(i *instance) error {
	return subscriber(i, func(s observe.SubscriberHealth) bool { return s.Pending })
}

// subscriber returns an error unless the subscriber audit is as it should be.
func subscriber(i *instance, is func(observe.SubscriberHealth) bool) error {
	h, err := i.health()
	if err != nil {
		return err
	}
	for _, s := range h.Subscribers {
		if s.Name == "audit" && is(s) {
			return nil
		}
	}
	return fmt.Errorf("%s: the subscribers are %+v", i.name, h.Subscribers)
}

// hookIs waits until the hook has a state on every instance.
func (d *day) hookIs(state string) error {
	return d.wait("the hook is "+state, time.Minute, func() error {
		return d.each(func(i *instance) error {
			h, err := i.health()
			if err == nil && (len(h.Hooks) != 1 || h.Hooks[0].State != state) {
				err = fmt.Errorf("%s: the hooks are %+v", i.name, h.Hooks)
			}
			return err
		})
	})
}

// waits makes a change that needs a restart, one that the change guard holds, and pins the config;
// and an instance cannot save its copy.
func waits(d *day) error {
	if err := d.instances[2].breakState(); err != nil {
		return err
	}
	if err := d.publish(orders, "addr: :9090\ndb: {pool: 71}\n"); err != nil {
		return err
	}
	if err := d.put(limits, "limits: {eu: 1}\n"); err != nil {
		return err
	}
	if err := d.eachLayer(limits, "is held", func(l *observe.LayerHealth) bool { return len(l.Held) > 0 }); err != nil {
		return err
	}
	return d.each((*instance).pin)
}

func waitsNoMore(d *day) error {
	if err := d.instances[2].repairState(); err != nil {
		return err
	}
	if err := d.each((*instance).unpin); err != nil {
		return err
	}
	if err := d.publish(limits, allLimits); err != nil {
		return err
	}
	return d.publish(orders, pool(72))
}

// drops makes the function hang that gives events their trace, so that the queue is soon full.
func drops(d *day) error {
	if err := d.fault("trace_hangs", true); err != nil {
		return err
	}
	for n := range 8 {
		if err := d.publish(orders, pool(200+n)); err != nil {
			return err
		}
	}
	return nil
}

// restartInOutage stops all instances, and starts them while the server is down. The last one has
// lost its copy, so its config does not open.
func restartInOutage(d *day) error {
	began := time.Now()
	if err := d.each((*instance).stop); err != nil {
		return err
	}
	if err := d.reached("NacreMetricsAbsent", began); err != nil {
		return err
	}
	d.nacos.Stop()
	if err := d.instances[2].forget(); err != nil {
		return err
	}
	for n, i := range d.instances {
		if err := i.start(d); err != nil {
			return err
		}
		if n < 2 {
			if err := d.opened(i); err != nil {
				return err
			}
		}
	}
	return nil
}
