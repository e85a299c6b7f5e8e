package flags_test

import (
	"context"
	"flag"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/providers/flags"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// suite has the keys of the suite's documents.
type suite struct{ Seq, Canary, Fill, Sum string }

func TestConformance(t *testing.T) {
	t.Parallel()
	const (
		always = "the command line is always there; without flags it is empty"
		never  = "reading flags cannot fail"
		direct = "a flag that is set is in memory; nothing is pushed"
	)
	sourcetest.Run(t, func(*testing.T) sourcetest.Harness {
		var mu sync.Mutex
		var all []source.Source
		var now sourcetest.Values
		return sourcetest.Harness{
			Source: func() source.Source {
				mu.Lock()
				defer mu.Unlock()
				s := flags.New[suite](flag.NewFlagSet("test", flag.ContinueOnError))
				flags.Replace(s, now)
				all = append(all, s)
				return s
			},
			Put: func(_ context.Context, v sourcetest.Values) error {
				mu.Lock()
				defer mu.Unlock()
				now = v
				for _, s := range all {
					flags.Replace(s, v)
				}
				return nil
			},
			Cannot: map[string]string{
				"AbsentIsNotEmpty": always, "DeleteAndCreate": always,
				"LostWakeups": direct, "DoubledWakeups": direct, "LateAndReorderedWakeups": direct,
				"SameErrorWakesNobody": never, "EndOfErrorIsTold": never, "ErrorAtFirst": never, "NoValueInErrors": never,
			},
		}
	})
}
