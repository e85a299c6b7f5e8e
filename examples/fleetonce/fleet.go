package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/providers/nacos"
)

// instance is one instance of the service.
type instance struct {
	number int
	client *nacos.Client
	cfg    *nacre.Config[Config]
	hook   *fleetonce.Hook
	killed atomic.Bool
}

// kill ends the instance as kill -9 does, as far as the others can see.
func (i *instance) kill() {
	i.killed.Store(true)
	_ = i.client.Close()
}

// fleet is the instances, and the cache that they share.
type fleet struct {
	instances []*instance
	cache     *cache
	over      chan struct{}
	out       io.Writer

	mu    sync.Mutex
	notes []string
}

// note keeps what happened, in order, for show.
func (f *fleet) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notes = append(f.notes, fmt.Sprintf(format, args...))
}

// show waits until every instance has the document and knows the outcome, and prints what happened.
func (f *fleet) show(ctx context.Context, what, document string) error {
	var size, pool, done int
	if _, err := fmt.Sscanf(document, "cache: {size: %d}\npool: %d", &size, &pool); err != nil {
		return err
	}
	for _, i := range f.instances {
		if i.killed.Load() {
			continue
		}
		if _, err := i.cfg.Wait(ctx, func(c *Config) bool { return i.killed.Load() || c.Cache.Size == size && c.Pool == pool }); err != nil {
			return err
		}
		version := ""
		status, err := i.hook.Wait(ctx, func(s fleetonce.Status) bool {
			if version == "" && f.cache.has(size) {
				version = f.cache.version()
			}
			return i.killed.Load() || s.State == fleetonce.Done && s.Version == version
		})
		if err != nil {
			return err
		}
		if status.State == fleetonce.Done {
			done++
		}
	}
	fmt.Fprintln(f.out, what)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.notes {
		fmt.Fprintln(f.out, "   ", n)
	}
	f.notes = nil
	fmt.Fprintf(f.out, "    %d instances know that it is done\n", done)
	return nil
}

func (f *fleet) stop() error {
	close(f.over)
	var errs []error
	for _, i := range f.instances {
		if i.hook != nil {
			errs = append(errs, i.hook.Close())
		}
		if i.cfg != nil {
			errs = append(errs, i.cfg.Close())
		}
		errs = append(errs, i.client.Close())
	}
	return errors.Join(errs...)
}

// cache is what the function acts on. It has each effect once, because it checks the version and
// the token; a database does so in the transaction of the effect.
type cache struct {
	mu    sync.Mutex
	size  int
	done  string // the version of the last effect
	token int64
}

func (c *cache) resize(size int, version string, token int64) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case token <= c.token:
		return "refused, a later run was here"
	case version == c.done:
		c.token = token
		return "applied already"
	}
	c.size, c.done, c.token = size, version, token
	return "applied"
}

func (c *cache) has(size int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size == size
}

func (c *cache) version() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done
}
