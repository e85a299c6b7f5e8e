package promobserve_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/observe/promobserve"
	"github.com/nacre-go/nacre/observe/promobserve/promnacos"
	"github.com/nacre-go/nacre/source"
	"github.com/prometheus/client_golang/prometheus"
)

type registrar interface {
	prometheus.Collector
	Register(prometheus.Registerer) error
}

// What cannot be registered is an error at the start, with a fix, and not a panic or a scrape that
// fails.
func TestMistakesOfRegistrationAreErrorsAtTheStart(t *testing.T) {
	t.Parallel()
	fromConfig := func(name string) registrar { return promobserve.New(name) }
	fromClient := func(name string) registrar { return promnacos.New(name) }
	for _, test := range []struct {
		owner, taken string
		make         func(string) registrar
	}{
		{`config "orders"`, "nacre_config_ready", fromConfig},
		{`client "orders"`, "nacre_nacos_connected", fromClient},
	} {
		t.Run(test.owner, func(t *testing.T) {
			t.Parallel()
			r := prometheus.NewPedanticRegistry()
			m := test.make("orders")
			if err := m.Register(r); err != nil {
				t.Fatalf("the first registration: %v", err)
			}
			if err := test.make("billing").Register(r); err != nil {
				t.Errorf("another name in the registry: %v", err)
			}
			var already prometheus.AlreadyRegisteredError
			for what, c := range map[string]struct {
				err error
				fix string
			}{
				"registered twice": {m.Register(r), "call Register once for each registry"},
				"two of one name":  {test.make("orders").Register(r), "give each one in the process a name of its own"},
			} {
				if !errors.As(c.err, &already) || !errors.Is(c.err, source.Conflict) || !strings.Contains(c.err.Error(), test.owner) || !strings.Contains(c.err.Error(), c.fix) {
					t.Errorf("%s: %v; want a conflict of %s that says %q", what, c.err, test.owner, c.fix)
				}
			}

			taken := prometheus.NewPedanticRegistry()
			taken.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: test.taken, Help: "something else"}))
			if err := test.make("orders").Register(taken); !errors.Is(err, source.Conflict) || !strings.Contains(err.Error(), test.taken) {
				t.Errorf("a registry that has the names already: %v; want a conflict that names %s", err, test.taken)
			}
			if _, err := taken.Gather(); err != nil {
				t.Errorf("after a registration that failed, a scrape fails: %v", err)
			}
			if err := test.make("orders").Register(prometheus.WrapRegistererWithPrefix("shop_", taken)); err != nil {
				t.Errorf("a prefix, as the error says, does not help: %v", err)
			}
			if err := test.make("orders").Register(nil); !errors.Is(err, source.InvalidArgument) {
				t.Errorf("no registry: %v, want an invalid argument", err)
			}
			if !r.Unregister(m) || test.make("orders").Register(r) != nil {
				t.Error("the name of metrics that were unregistered is still taken")
			}
			if families, err := r.Gather(); err != nil || len(families) < 4 {
				t.Errorf("in the end a scrape has %d metrics, %v", len(families), err)
			}
		})
	}
}
