package main

import (
	"errors"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// phases are the day. Each one ends with everything as it was at the start.
func phases() []phase {
	return []phase{
		{
			name: "good changes",
			cause: func(d *day) error {
				for _, content := range []string{pool(11), listenAddr + "db: {pool_size: 12}\nfuture: 1\n", "# nacre: release=R1\n" + pool(13)} {
					if err := d.publish(orders, content); err != nil {
						return err
					}
					if err := errors.Join(d.agree(), d.scraped()); err != nil {
						return err
					}
				}
				return d.oneSum()
			},
			cure: func(d *day) error { return d.publish(orders, pool(14)) },
		},
		{
			name:   "pushes are lost",
			expect: map[string]fate{"NacreNacosPushesLost": isDeliveredAndLasts},
			cause: func(d *day) error {
				d.nacos.DropPushes(nacostest.Always)
				defer d.nacos.ClearFaults()
				return d.publish(orders, pool(20))
			},
		},
		{
			name: "the connection to Nacos is lost again and again",
			expect: map[string]fate{
				"NacreNacosReconnects": isDeliveredAndLasts,
				// If at each scrape another instance has no connection.
				"NacreNacosDisconnected": isPossible,
			},
			cause: reconnects,
		},
		{
			name:   "Nacos answers with errors",
			expect: map[string]fate{"NacreLayerDown": isDelivered},
			after:  []string{"NacreNacosDisconnected"},
			cause:  func(d *day) error { d.nacos.FailRequests(nacostest.Always, 500); return nil },
			cure: func(d *day) error {
				d.nacos.ClearFaults()
				return d.publish(orders, pool(22))
			},
		},
		{
			name: "Nacos refuses the service",
			expect: map[string]fate{
				"NacreNacosAccessDenied": isDeliveredAndLasts,
				"NacreLayerDown":         isPossible, // inhibited
			},
			cause: func(d *day) error { d.nacos.FailRequests(nacostest.Always, 403); return nil },
			cure: func(d *day) error {
				d.nacos.ClearFaults()
				return d.publish(orders, pool(21))
			},
		},
		{
			name: "bad contents",
			expect: map[string]fate{
				"NacreConfigRejected": isDelivered,
				"NacreBreakerOpened":  isDeliveredAndLasts,
				"NacreLayerHeld":      isPossible, // inhibited as long as NacreBreakerOpened fires
			},
			cause: badContents,
			// A content that was live before ends the breaker.
			cure: func(d *day) error {
				if err := d.publish(orders, pool(23)); err != nil {
					return err
				}
				return d.rollout(orders, "applied")
			},
		},
		{
			name: "a subscriber is slow and fails",
			expect: map[string]fate{
				"NacreSubscriberFailed": isDeliveredAndLasts,
				"NacreSubscriberSlow":   isDeliveredAndLasts,
			},
			cause: slowAndFailing,
			cure: func(d *day) error {
				if err := d.fault("audit_fails", false); err != nil {
					return err
				}
				return d.publish(orders, pool(31))
			},
		},
		{
			name: "a subscriber is slower than the changes",
			expect: map[string]fate{
				"NacreSubscriberBehind": isDelivered,
				"NacreSubscriberSlow":   isPossible,
			},
			cause: behind,
			cure:  func(d *day) error { return d.fault("audit_hangs", false) },
		},
		{
			name: "a subscriber hangs",
			expect: map[string]fate{
				"NacreSubscriberStuck":  isDelivered,
				"NacreSubscriberBehind": isInhibited,
				"NacreSubscriberSlow":   isPossible, // until it is stuck
			},
			cause: func(d *day) error {
				began := time.Now()
				if err := d.fault("audit_hangs", true); err != nil {
					return err
				}
				if err := d.publish(orders, pool(50)); err != nil {
					return err
				}
				if err := d.reached("NacreSubscriberStuck", began); err != nil {
					return err
				}
				return d.publish(orders, pool(51)) // it waits, which the alert inhibits
			},
			cure: func(d *day) error { return d.fault("audit_hangs", false) },
		},
		{
			name: "a resource cannot be built",
			expect: map[string]fate{
				"NacreResourceBuildFailed": isDeliveredAndLasts,
				"NacreConfigRejected":      isPossible, // after 10 minutes
			},
			cause: func(d *day) error {
				if err := d.fault("database_down", true); err != nil {
					return err
				}
				return d.put(orders, pool(60))
			},
			cure: func(d *day) error {
				if err := d.fault("database_down", false); err != nil {
					return err
				}
				return d.live(orders, pool(60)) // it is tried again
			},
		},
		{
			name:   "a hook fails for good",
			expect: map[string]fate{"NacreHookFailed": isDelivered},
			cause: func(d *day) error {
				if err := d.fault("warm_fails", true); err != nil {
					return err
				}
				return d.publish(audit, "audit: {sample: 6}\n")
			},
			cure: func(d *day) error {
				if err := d.fault("warm_fails", false); err != nil {
					return err
				}
				if err := d.once("retry", warm, "--reason", "the cache is up"); err != nil {
					return err
				}
				return d.hookIs("done")
			},
		},
		{
			name:   "the record of a hook is deleted",
			expect: map[string]fate{"NacreHookRecordMissing": isDelivered},
			cause: func(d *day) error {
				d.nacos.Delete("", group, warm)
				d.nacos.Flush()
				return d.hookIs("no record")
			},
			cure: func(d *day) error {
				if err := d.once("create", "warm", warm); err != nil {
					return err
				}
				return d.hookIs("done")
			},
		},
		{
			name: "a change makes the service unhealthy",
			expect: map[string]fate{
				"NacreConfigRolledBack": isDeliveredAndLasts,
				"NacreLayerHeld":        isPossible, // after 10 minutes
			},
			cause: func(d *day) error {
				if err := d.fault("sick", true); err != nil {
					return err
				}
				return d.put(orders, pool(70))
			},
			cure: func(d *day) error {
				if err := d.fault("sick", false); err != nil {
					return err
				}
				return d.publish(orders, pool(71))
			},
		},
		{
			name: "what waits for a person",
			expect: map[string]fate{
				"NacreConfigPinned":        isDelivered,
				"NacreRestartPending":      isDelivered,
				"NacreLayerHeld":           isDelivered,
				"NacreLastKnownGoodFailed": isDelivered,
			},
			cause: waits,
			cure:  waitsNoMore,
		},
		{
			name: "a document is deleted, and an instance restarts",
			expect: map[string]fate{
				"NacreDocumentAbsent":    isDelivered,
				"NacreFromLastKnownGood": isDelivered,
			},
			cause: func(d *day) error {
				d.nacos.Delete("", group, limits)
				d.nacos.Flush()
				if err := d.eachLayer(limits, "is absent", func(l *observe.LayerHealth) bool { return len(l.Absent) == 1 }); err != nil {
					return err
				}
				if err := d.instances[1].stop(); err != nil {
					return err
				}
				if err := d.rollout(orders, "applied"); err != nil { // of the two that run
					return err
				}
				if err := d.instances[1].start(d); err != nil {
					return err
				}
				return d.opened(d.instances[1])
			},
			cure: func(d *day) error { return d.publish(limits, allLimits) },
		},
		{
			name: "an instance stays behind",
			expect: map[string]fate{
				"NacreConfigsDiffer": isDelivered,
				"NacreLayerHeld":     isDeliveredAndInhibited,
				"NacreConfigPinned":  isPossible, // inhibited
			},
			cause: func(d *day) error {
				if err := d.instances[2].pin(); err != nil {
					return err
				}
				return d.put(orders, pool(80))
			},
			cure: func(d *day) error {
				if err := d.instances[2].unpin(); err != nil {
					return err
				}
				return d.live(orders, pool(80))
			},
		},
		{
			name: "a deploy stops half-way, and gives two instances one ID",
			expect: map[string]fate{
				"NacreStructsDiffer":    isDelivered,
				"NacreInstanceIDShared": isDelivered,
			},
			cause: func(d *day) error {
				if err := d.deploy(d.instances[1], "-id", "orders-1"); err != nil {
					return err
				}
				if err := d.deploy(d.instances[2], "-id", "orders-1", "-next"); err != nil {
					return err
				}
				return d.named(d.instances[1:], d.instances[2])
			},
			cure: func(d *day) error { return errors.Join(d.deploy(d.instances[1]), d.deploy(d.instances[2])) },
		},
		{
			name:      "events are not counted",
			expect:    map[string]fate{"NacreEventsDropped": isDeliveredAndLasts},
			cause:     drops,
			cure:      func(d *day) error { return d.fault("trace_hangs", false) },
			uncounted: true,
		},
		{
			name: "a long outage",
			expect: map[string]fate{
				"NacreNacosDisconnected": isDelivered,
				"NacreLayerDown":         isInhibited,
				"NacreLayerNotVerified":  isDelivered,
			},
			after: []string{"NacreNacosAccessDenied"},
			cause: func(d *day) error { d.nacos.Stop(); return nil },
			cure: func(d *day) error {
				if err := d.nacos.Start(d.ctx); err != nil {
					return err
				}
				return d.publish(orders, pool(90))
			},
		},
		{
			name: "the service is stopped, and starts while Nacos is down",
			expect: map[string]fate{
				"NacreMetricsAbsent":     isDelivered,
				"NacreLayerNotVerified":  isDelivered, // the copy has the time
				"NacreConfigNotReady":    isDelivered,
				"NacreNacosDisconnected": isDelivered,
				"NacreLayerDown":         isInhibited,
				"NacreFromLastKnownGood": isInhibited,
			},
			cause: restartInOutage,
			cure: func(d *day) error {
				if err := d.nacos.Start(d.ctx); err != nil {
					return err
				}
				return d.publish(orders, pool(91))
			},
		},
	}
}
