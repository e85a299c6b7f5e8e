package sourcetest

import (
	"testing"

	"github.com/nacre-go/nacre/internal/synctest"
)

// RunInBubble is [Run] with each case in a bubble of testing/synctest, where waiting takes no time:
// a source that polls every minute is tested in a second. The origin must be in memory and made by
// newHarness, and Harness.Settles and Quiet must suit the intervals of the source. Cases run one
// after another.
func RunInBubble(t *testing.T, newHarness func(t *testing.T) Harness) {
	t.Helper()
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			t.Helper()
			var found []violation
			var reason string
			synctest.Test(t, func(t *testing.T) { found, reason = k.run(newHarness(t)) })
			for _, v := range found {
				t.Error(v)
			}
			if reason != "" && len(found) == 0 {
				t.Skip("the harness cannot: " + reason)
			}
		})
	}
}
