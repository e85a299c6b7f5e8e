package env_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/env"
)

// A setting that means nothing is ignored, as the options say, and does not undo one before it.
func TestOptionsThatAreIgnored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var value atomic.Value
		value.Store("1")
		s := env.New("APP", env.Environ(func() []string { return []string{"APP_A=" + value.Load().(string)} }), env.PollInterval(3*time.Second),
			nil, env.Environ(nil), env.PollInterval(0), env.PollInterval(-time.Second))
		c, err := s.Next(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		time.AfterFunc(time.Second, func() { value.Store("2") })
		if _, err := s.Next(t.Context(), c.Revision); err != nil || time.Since(began) != 3*time.Second {
			t.Errorf("a change came after %v, and the interval is 3 s: %v", time.Since(began), err)
		}
	})
}
