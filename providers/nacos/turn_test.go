package nacos_test

import (
	"context"
	"errors"
	"testing"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos"
)

// The turn to hold a large answer comes back whatever becomes of the calls: a call that returns
// while its reader waits, or has just got the turn, takes it with it for nobody.
func TestTurnComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one := make(chan struct{}, 1)
		first, giveFirst := nacos.Turn(one)
		if err := errors.Join(first(t.Context()), first(t.Context())); err != nil { // the second is of a request that was repeated
			t.Fatal(err)
		}
		cancelled, cancel := context.WithCancel(t.Context())
		got := make(chan error, 2)
		second, giveSecond := nacos.Turn(one)
		third, giveThird := nacos.Turn(one)
		go func() { got <- second(cancelled) }()
		go func() { got <- third(t.Context()) }()
		synctest.Wait()
		cancel()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("a call whose context has ended got %v", err)
		}
		giveSecond()
		giveThird() // its call has returned, and its reader waits still
		giveFirst()
		if err := <-got; err == nil {
			t.Error("a reader whose call has returned got the turn")
		}
		fourth, giveFourth := nacos.Turn(one)
		if err := fourth(t.Context()); err != nil {
			t.Error(err)
		}
		giveFourth()
		if len(one) != 0 {
			t.Error("the turn has not come back")
		}
	})
}
