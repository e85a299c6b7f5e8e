package main

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

const limits = "limits:\n  ann: 10\n  bob: 20\n  carol: 30\n  dave: 40\n  eve: 50\n  frank: 60\n"

// tell runs all chapters.
func (s *story) tell(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{
		s.boot, s.goodChange, s.badChange, s.heldChange, s.hangingSubscriber, s.lostPush,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return s.compare(ctx)
}

func (s *story) boot(ctx context.Context) error {
	s.chapter("1. Two instances start")
	if err := os.WriteFile(filepath.Join(s.dir, "defaults.yaml"), []byte("greeting: Good day\npool: 5\n"), 0o600); err != nil {
		return err
	}
	if err := s.publish(ctx, "r1", "pool: 10\n"+limits); err != nil {
		return err
	}
	s.server.Flush() // a Nacos server returns a publish only after a moment; the instances start after that
	for range 2 {
		if err := s.startInstance(ctx); err != nil {
			return err
		}
	}
	s.say("which configuration each instance runs, and that its layers are up:")
	return s.metrics(ctx, "nacre_config_ready", "nacre_config_info", "nacre_config_version", "nacre_layer_up", "nacre_nacos_connected")
}

func (s *story) goodChange(ctx context.Context) error {
	s.chapter("2. A good change: from its publication to the subscribers of both instances")
	if err := s.publish(ctx, "r2", "pool: 20\n"+strings.Replace(limits, "ann: 10", "ann: 15", 1)); err != nil {
		return err
	}
	if err := s.trace(ctx, "r2", 2, 2); err != nil {
		return err
	}
	if err := s.untilMetrics(ctx, `nacre_changes_total{config="orders",result="applied"} 2`, `nacre_subscriber_calls_total{config="orders",result="ok",subscriber="limiter"} 1`); err != nil {
		return err
	}
	s.say("~> is a link: each decision is a trace of its own, which names the publication\n\n" +
		"the sum is another one, on both instances:")
	return s.metrics(ctx, "nacre_config_info", `nacre_changes_total{config="orders",result="applied"}`,
		`nacre_subscriber_calls_total{config="orders",result="ok",subscriber="limiter"}`, `nacre_resource_builds_total{config="orders",resource="db",result="ok"}`)
}

func (s *story) badChange(ctx context.Context) error {
	s.chapter("3. A bad change: both instances reject it and continue")
	if err := s.publish(ctx, "r3", "pool: twenty\n"+limits); err != nil {
		return err
	}
	if err := s.trace(ctx, "r3", 2, 0); err != nil {
		return err
	}
	if err := s.untilMetrics(ctx, `nacre_rejections_total{config="orders",kind="wrong_type",layer="orders.yaml"} 1`); err != nil {
		return err
	}
	s.say("the log and the debug page say: %s\n\nthe sum and the readiness stay; an alert (P1) fires when the first of these is 0 for 10 minutes:",
		strings.Join(s.instances[0].cfg.Health().Layers[1].Rejected, "; "))
	return s.metrics(ctx, "nacre_config_last_apply_successful", "nacre_config_info", "nacre_config_ready", `nacre_layer_rejected{config="orders",layer="orders.yaml"}`,
		`nacre_rejections_total{config="orders",kind="wrong_type",layer="orders.yaml"}`)
}

func (s *story) heldChange(ctx context.Context) error {
	s.chapter("4. A change that looks like an accident is held, until an operator approves it")
	if err := s.publish(ctx, "r4", "pool: 30\n"); err != nil {
		return err
	}
	if err := s.trace(ctx, "r4", 2, 0); err != nil {
		return err
	}
	if err := s.untilMetrics(ctx, `nacre_changes_total{config="orders",result="held"} 1`); err != nil {
		return err
	}
	s.say("the debug page says: %s\n\nan alert (P1) fires when this is 1 for 10 minutes:", strings.Join(s.instances[0].cfg.Health().Layers[1].Held, "; "))
	if err := s.metrics(ctx, `nacre_layer_held{config="orders",layer="orders.yaml"}`, `nacre_changes_total{config="orders",result="held"}`); err != nil {
		return err
	}
	for _, i := range s.instances {
		version, err := i.cfg.Approve(ctx, document, i.cfg.Health().Layers[1].Latest, observe.By{Who: "ann", Why: "the limits have moved"})
		if err != nil {
			return err
		}
		s.say("ann approves it on %s: version %d", i.name, version)
	}
	fmt.Fprintln(s.out)
	return s.metrics(ctx, `nacre_layer_held{config="orders",layer="orders.yaml"}`)
}

func (s *story) hangingSubscriber(ctx context.Context) error {
	s.chapter("5. A subscriber hangs: the version is live, and this part of the service has not followed")
	if err := s.publish(ctx, "r5", "pool: 30\nwarm_up: 1h\n"); err != nil {
		return err
	}
	if err := s.trace(ctx, "r5", 2, 2); err != nil { // config.subscriber.slow
		return err
	}
	if err := s.publish(ctx, "r6", "pool: 30\nwarm_up: 1m\n"); err != nil {
		return err
	}
	if err := s.until(ctx, "the next version waits", func(h observe.Health) bool {
		return slices.ContainsFunc(h.Subscribers, func(x observe.SubscriberHealth) bool { return x.Pending })
	}); err != nil {
		return err
	}
	if err := s.untilMetrics(ctx, `nacre_subscriber_slow_total{config="orders",subscriber="cache"} 1`); err != nil {
		return err
	}
	s.say("an alert (P1) fires when a newer version waits for 5 minutes, or a call runs for as long:")
	if err := s.metrics(ctx, `nacre_subscriber_slow_total{config="orders",subscriber="cache"}`, `nacre_subscriber_pending{config="orders",subscriber="cache"}`, "nacre_config_version"); err != nil {
		return err
	}
	for _, i := range s.instances {
		i.unblock <- struct{}{}
	}
	if err := s.until(ctx, "the subscriber has followed", func(h observe.Health) bool {
		return !slices.ContainsFunc(h.Subscribers, func(x observe.SubscriberHealth) bool { return x.Pending || !x.RunningSince.IsZero() })
	}); err != nil {
		return err
	}
	s.say("the call has ended, and the newest version has been handed over:")
	return s.metrics(ctx, `nacre_subscriber_pending{config="orders",subscriber="cache"}`)
}

func (s *story) lostPush(ctx context.Context) error {
	s.chapter("6. The server does not push a change: the sessions find it by themselves")
	if err := wait(ctx, "the instances have reported what they run", s.reported); err != nil {
		return err // the report is a comparison too, which would find the change
	}
	s.server.DropPushes(nacostest.Always)
	if err := s.publish(ctx, "r7", "pool: 40\nwarm_up: 1m\n"); err != nil {
		return err
	}
	if err := errors.Join(
		s.until(ctx, "the change is live", func(h observe.Health) bool { return h.Layers[1].Release == "r7" }),
		s.untilMetrics(ctx, `nacre_nacos_reconcile_changed_total{client="orders"} 1`),
	); err != nil {
		return err
	}
	s.server.ClearFaults()
	s.say("the change is live; an alert (P1) fires when this increases, since changes take up to 30 s then:")
	return s.metrics(ctx, "nacre_nacos_reconcile_changed_total", "nacre_config_info")
}

// reported reports whether the server's list of listeners shows that both instances run what it
// has.
func (s *story) reported() bool {
	content, _ := s.server.Get("", "DEFAULT_GROUP", document)
	sum := fmt.Sprintf("%x", md5.Sum([]byte(content)))
	n := 0
	for _, l := range s.server.Listeners("", "DEFAULT_GROUP", document) {
		if l.MD5 == sum {
			n++
		}
	}
	return n == len(s.instances)
}

// explainServing says what a reader can look at while the instances run.
func (s *story) explainServing() {
	s.chapter("The instances and their Nacos server keep running until you press Ctrl-C")
	for _, i := range s.instances {
		s.say("%s  http://%[2]s/debug/config  http://%[2]s/metrics", i.name, i.addr)
	}
	s.say(`
a bad change, and a good one:

  curl %[1]s/v1/cs/configs -d dataId=%[2]s -d group=DEFAULT_GROUP --data-urlencode $'content=pol: 50\n'
  curl %[1]s/v1/cs/configs -d dataId=%[2]s -d group=DEFAULT_GROUP --data-urlencode $'content=pool: 50\n'

for a Prometheus, put this into prometheus.yml, with nacre.rules.yaml of deploy/prometheus in the
same folder, and import deploy/grafana/nacre.json into Grafana:

  rule_files: [nacre.rules.yaml]
  scrape_configs:
    - job_name: orders
      scrape_interval: 5s
      static_configs: [{targets: ["%[3]s", "%[4]s"]}]`, s.server.URL(), document, s.instances[0].addr, s.instances[1].addr)
}
