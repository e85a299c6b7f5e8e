package main

import (
	"crypto/md5" //nolint:gosec // what Nacos compares contents by
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nacre-go/nacre/observe"
)

const (
	group      = "DEFAULT_GROUP"
	orders     = "orders.yaml"
	limits     = "limits.yaml"
	listenAddr = "addr: :8080\n"
	routes     = "orders.routes.yaml"
	allRoutes  = "rules:\n  - {name: all, match: {service: orders}, documents: [audit.yaml]}\n"
	audit      = "audit.yaml"
	warm       = "orders.warm" // the record of the hook
	allLimits  = "limits: {eu: 1, us: 2, asia: 3, africa: 4, other: 5, test: 6}\n"
)

// pool is an orders.yaml in which only the size of the pool differs.
func pool(size int) string { return fmt.Sprintf("%sdb: {pool: %d}\n", listenAddr, size) }

// put stores a content on the server, which pushes it at once.
func (d *day) put(document, content string) error {
	return d.nacos.Put("", group, document, content)
}

// publish stores a good content, and waits until it is live on all instances that run.
func (d *day) publish(document, content string) error {
	if err := d.put(document, content); err != nil {
		return err
	}
	return d.live(document, content)
}

// live waits until the server hears from each instance that runs that a content is live.
func (d *day) live(document, content string) error {
	sum := md5.Sum([]byte(content)) //nolint:gosec // see the import
	want := hex.EncodeToString(sum[:])
	return d.wait("the live content of "+document, 45*time.Second, func() error {
		running := 0
		for _, i := range d.instances {
			if i.runs() {
				running++
			}
		}
		var got []string
		for _, l := range d.nacos.Listeners("", group, document) {
			got = append(got, l.MD5)
		}
		if strings.Join(got, " ") != strings.TrimSpace(strings.Repeat(want+" ", running)) {
			return fmt.Errorf("%d instances run %v, want %s", running, got, want)
		}
		return nil
	})
}

// each does the same to every instance.
func (d *day) each(do func(*instance) error) error {
	var errs []error
	for _, i := range d.instances {
		errs = append(errs, do(i))
	}
	return errors.Join(errs...)
}

// fault turns a fault of every instance on or off.
func (d *day) fault(name string, on bool) error {
	return d.each(func(i *instance) error { return i.fault(name, on) })
}

// eachLayer waits until the state of a layer is as it should be on every instance.
func (d *day) eachLayer(name, what string, is func(*observe.LayerHealth) bool) error {
	return d.wait(name+" "+what, 30*time.Second, func() error {
		return d.each(func(i *instance) error {
			h, err := i.health()
			if err != nil {
				return err
			}
			l, err := layer(&h, name)
			if err == nil && !is(l) {
				err = fmt.Errorf("%s: the layer is %+v", i.name, *l)
			}
			return err
		})
	})
}
