package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
)

// tell runs all chapters.
func (s *story) tell(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{
		s.boot, s.oneHears, s.twoAsOne, s.badPublish, s.badSubscribers, s.serverDies, s.restartWithoutServer,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	s.chapter(fmt.Sprintf("The story took %.1f s.", time.Since(s.began).Seconds()))
	return nil
}

func (s *story) boot(ctx context.Context) error {
	s.chapter("1. Boot: a file, two Nacos configs and the environment become one struct")
	if err := os.WriteFile("config.yaml", []byte("greeting: Good day\ndb:\n  pool: 5\n"), 0o600); err != nil {
		return err
	}
	if err := os.Setenv("ORDERS_LIMITS_TIMEOUT", "1500ms"); err != nil {
		return err
	}
	s.say("nacostest, an in-process Nacos server, listens on %s", s.server.Addr())
	if err := s.publish(orders, "db:\n  dsn: "+dsn+"\n  pool: 20\n"); err != nil {
		return err
	}
	if err := s.publish(limits, "limits:\n  rate: 200\n"); err != nil {
		return err
	}
	s.server.Flush() // a Nacos server returns a publish only after a moment; the service starts after that
	if err := s.startService(ctx); err != nil {
		return err
	}
	live := s.cfg.Snapshot()
	s.say("version %d is live, sum %.12s…", live.Version, live.Sum)
	for _, key := range []string{"greeting", "db.pool", "db.dsn", "limits.timeout"} {
		x, err := s.cfg.Explain(key)
		if err != nil {
			return err
		}
		s.say("%s", x)
	}
	return s.ask(ctx)
}

// heard starts a subscriber that prints a line at each call.
func heard[V any](s *story, name string, selectFrom func(*Config) V) error {
	_, err := nacre.Subscribe(s.cfg, selectFrom, func(_ context.Context, ch nacre.Change[V]) error {
		s.say("subscriber %q: %v → %v in version %d, because of %v", name, ch.Old, ch.New, ch.Version, ch.Causes)
		return nil
	}, nacre.WithName(name))
	return err
}

func pool(c *Config) int { return c.DB.Pool }
func rate(c *Config) int { return c.Limits.Rate }

func (s *story) oneHears(ctx context.Context) error {
	s.chapter("2. A change that calls one subscriber, and rightly not the other")
	if err := errors.Join(heard(s, "pool", pool), heard(s, "rate", rate)); err != nil {
		return err
	}
	published := time.Now()
	if err := s.publish(orders, "db:\n  dsn: "+dsn+"\n  pool: 50\n"); err != nil {
		return err
	}
	if err := s.calls(ctx, "pool", 1); err != nil {
		return err
	}
	s.say("%d ms after the publish: the server's own delay, then 100 ms in which more changes could have come", time.Since(published).Milliseconds())
	s.say("subscriber \"rate\" was called %d times", s.subscriber("rate").Calls)
	return s.ask(ctx)
}

func (s *story) subscriber(name string) (found struct{ Calls, Panics int64 }) {
	for _, h := range s.cfg.Health().Subscribers {
		if h.Name == name {
			found.Calls, found.Panics = h.Calls, h.Panics
		}
	}
	return found
}

func (s *story) calls(ctx context.Context, name string, n int64) error {
	return s.until(ctx, name+" was called", func(observe.Health) bool { return s.subscriber(name).Calls >= n })
}

func (s *story) running(ctx context.Context, name string) error {
	return s.until(ctx, name+" is in its call", func(h observe.Health) bool {
		return slices.ContainsFunc(h.Subscribers, func(sub observe.SubscriberHealth) bool { return sub.Name == name && !sub.RunningSince.IsZero() })
	})
}

func (s *story) twoAsOne(ctx context.Context) error {
	s.chapter("3. Two configs published together arrive as one version")
	before := s.cfg.Snapshot().Version
	if err := s.publish(orders, "db:\n  dsn: "+dsn+"\n  pool: 300\n"); err != nil {
		return err
	}
	if err := s.publish(limits, "limits:\n  rate: 1000\n"); err != nil {
		return err
	}
	if err := errors.Join(s.calls(ctx, "pool", 2), s.calls(ctx, "rate", 1)); err != nil {
		return err
	}
	live := s.cfg.Snapshot()
	s.say("version %d → %d; causes: %v", before, live.Version, live.Causes)
	s.say("the first alone would have been rejected: 300 connections are more than a rate of 200")
	return s.ask(ctx)
}

func (s *story) badPublish(ctx context.Context) error {
	s.chapter("4. A bad publish is rejected, and the service continues")
	if err := s.publish(orders, "db:\n  dsn: "+dsn+"\n  pol: 60\nlimits:\n  timeout: 3\n"); err != nil {
		return err
	}
	rejected := func(h observe.Health) []string { return h.Layers[1].Rejected }
	if err := s.until(ctx, "it is rejected", func(h observe.Health) bool { return len(rejected(h)) > 0 }); err != nil {
		return err
	}
	s.say("rejected:\n%s", strings.Join(rejected(s.cfg.Health()), "\n"))
	if err := s.ask(ctx); err != nil {
		return err
	}
	for _, l := range s.server.Listeners("", "DEFAULT_GROUP", orders) {
		s.say("the server's listener query shows what this client has applied: md5 %.8s…", l.MD5)
	}
	version := s.cfg.Snapshot().Version
	if err := s.publish(orders, "db:\n  dsn: "+dsn+"\n  pool: 60\n"); err != nil {
		return err
	}
	if err := s.version(ctx, version+1); err != nil {
		return err
	}
	return s.ask(ctx)
}

func (s *story) badSubscribers(ctx context.Context) error {
	s.chapter("5. A subscriber that panics and one that blocks do not affect the others")
	calls := s.subscriber("pool").Calls
	panics, err := nacre.Subscribe(s.cfg, pool, func(context.Context, nacre.Change[int]) error {
		panic("cannot resize")
	}, nacre.WithName("panics"))
	if err != nil {
		return err
	}
	blocks, err := nacre.Subscribe(s.cfg, pool, func(ctx context.Context, _ nacre.Change[int]) error {
		<-ctx.Done() // until the subscription ends
		return ctx.Err()
	}, nacre.WithName("blocks"))
	if err != nil {
		return err
	}
	if err := s.publish(orders, "db:\n  dsn: "+dsn+"\n  pool: 70\n"); err != nil {
		return err
	}
	if err := errors.Join(s.calls(ctx, "pool", calls+1), s.calls(ctx, "panics", 1), s.running(ctx, "blocks")); err != nil {
		return err
	}
	for _, h := range s.cfg.Health().Subscribers {
		switch {
		case !h.RunningSince.IsZero():
			s.say("health: subscriber %q is still running", h.Name)
		case h.Panics > 0:
			s.say("health: subscriber %q: %d panic, %q", h.Name, h.Panics, h.LastError)
		}
	}
	panics.Stop()
	blocks.Stop()
	<-blocks.Done()
	return s.ask(ctx)
}

func (s *story) serverDies(ctx context.Context) error {
	s.chapter("6. The server is killed, a change is made, the server returns: the change arrives")
	s.server.Stop()
	s.say("server killed")
	down := func(h observe.Health) bool { return h.Layers[1].Down != "" }
	if err := s.until(ctx, "the loss is noticed", down); err != nil {
		return err
	}
	h := s.cfg.Health()
	s.say("health: layer %s is down: %s", h.Layers[1].Name, h.Layers[1].Down)
	s.say("health: the service is ready, since it runs on a good configuration: %v", h.Ready() == nil)
	if err := s.ask(ctx); err != nil {
		return err
	}
	version := s.cfg.Snapshot().Version
	if err := s.publish(orders, "db:\n  dsn: "+dsn+"\n  pool: 80\n"); err != nil {
		return err
	}
	if err := s.server.Start(ctx); err != nil {
		return err
	}
	back := time.Now()
	s.say("server back")
	if err := s.version(ctx, version+1); err != nil {
		return err
	}
	s.say("version %d is live %d ms after the server was back", s.cfg.Snapshot().Version, time.Since(back).Milliseconds())
	return s.ask(ctx)
}

func (s *story) restartWithoutServer(ctx context.Context) error {
	s.chapter("7. The service is restarted while the server is down: it starts from the last known good copy")
	if err := s.service.stop(); err != nil {
		return err
	}
	s.server.Stop()
	s.say("service stopped, server killed")
	began := time.Now()
	if err := s.startService(ctx); err != nil {
		return err
	}
	s.say("service up after %.1f s, of which 2 s were spent waiting for the server", time.Since(began).Seconds())
	for _, l := range s.cfg.Health().Layers {
		if l.FromLastKnownGood {
			s.say("health: %s %v is from the last known good copy, verified as current at %s", l.Name, l.Documents, l.VerifiedAt.Format(time.TimeOnly))
		}
	}
	s.say("health: ready: %v", s.cfg.Health().Ready() == nil)
	if err := s.ask(ctx); err != nil {
		return err
	}
	back := time.Now()
	if err := s.server.Start(ctx); err != nil {
		return err
	}
	verified := func(h observe.Health) bool {
		return !slices.ContainsFunc(h.Layers, func(l observe.LayerHealth) bool { return l.FromLastKnownGood || l.VerifiedAt.Before(back) })
	}
	if err := s.until(ctx, "it is fresh again", verified); err != nil {
		return err
	}
	s.say("server back; every layer is verified as current")
	return nil
}

// serveOn keeps serving, so that the reader can publish and watch.
func (s *story) serveOn(ctx context.Context) error {
	if err := errors.Join(heard(s, "pool", pool), heard(s, "rate", rate)); err != nil {
		return err
	}
	s.chapter(fmt.Sprintf(`The service and its Nacos server keep running until you press Ctrl-C. In another terminal:

  curl http://%[2]s/
  curl %[1]s/v1/cs/configs -d dataId=orders.yaml -d group=DEFAULT_GROUP --data-urlencode $'content=db:\n  dsn: x\n  pool: 90\n'
  curl %[1]s/v1/cs/configs -d dataId=orders.yaml -d group=DEFAULT_GROUP --data-urlencode $'content=db:\n  pol: 90\n'
  curl http://%[2]s/explain/db.pool
  curl http://%[2]s/health
  $EDITOR %[3]s

Your own service can use this server: NACOS_SERVER_ADDR=%[4]s
`, s.server.URL(), s.addr, filepath.Join(s.dir, "config.yaml"), s.server.Addr()))
	rejected := ""
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		var all []string
		for _, l := range s.cfg.Health().Layers {
			all = append(all, l.Rejected...)
		}
		if text := strings.Join(all, "\n"); text != rejected {
			rejected = text
			if text != "" {
				s.say("rejected:\n%s", text)
			}
		}
	}
}
