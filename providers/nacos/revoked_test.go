package nacos_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

// A server that refuses the comparison of all keys, as one does after a permission was revoked, is
// an event with its code: a quiet service sends no other request that could fail.
func TestRefusedComparisonIsAnEvent(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	log := newEvents()
	c := newClient(t, config(srv), nacos.ReconcileEvery(time.Second), log.hook())
	if err := srv.Put("", group, "x.yaml", "a: 1"); err != nil {
		t.Fatal(err)
	}
	follow(t, c.Config("x.yaml")).until("a: 1")
	log.wait(t, nacos.EventReconciled, 1)
	if failed := log.list(nacos.EventListenFailed); len(failed) != 0 {
		t.Errorf("a server that accepts all keys has events of failed listens: %v", failed)
	}
	srv.Faults().Fail(2, 403)
	for n := 1; n <= 2; n++ {
		e := log.wait(t, nacos.EventListenFailed, n)
		if !errors.Is(e.Err, nacos.CredentialsMissing) || e.Attempt != n || e.Server != srv.Addr() {
			t.Errorf("refusal %d is the event %+v, want attempt %d at %s with %v", n, e, n, srv.Addr(), nacos.CredentialsMissing)
		}
	}
	compared := len(log.list(nacos.EventReconciled))
	log.wait(t, nacos.EventReconciled, compared+1)
}

// The end of a connection is one event, and not also a failed listen.
func TestLostConnectionIsNoFailedListen(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	log := newEvents()
	c := newClient(t, config(srv), nacos.ReconcileEvery(time.Second), log.hook())
	if err := srv.Put("", group, "x.yaml", "a: 1"); err != nil {
		t.Fatal(err)
	}
	follow(t, c.Config("x.yaml")).until("a: 1")
	srv.Faults().CutStreams()
	log.wait(t, nacos.EventConnected, 2)
	if failed := log.list(nacos.EventListenFailed); len(failed) != 0 {
		t.Errorf("a connection that was cut has events of failed listens: %v", failed)
	}
}
