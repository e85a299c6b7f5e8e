package fleetoncetest_test

import (
	"testing"

	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/fleetonce/fleetoncetest"
)

func TestMemoryConformance(t *testing.T) {
	t.Parallel()
	fleetoncetest.Run(t, func(*testing.T) (a, b fleetonce.Store) {
		store := fleetonce.NewMemoryStore("record")
		return store, store
	})
}
