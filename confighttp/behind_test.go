package confighttp

import (
	"testing"
	"time"

	"github.com/nacre-go/nacre/observe"
)

// A green "ready" is not the whole story: the page says of each layer why its content in use may
// not be the newest.
func TestThePageSaysWhatIsNotTheNewest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for want, l := range map[string]observe.LayerHealth{
		"": {Documents: []string{"a.yaml"}},
		"the newest content is rejected; the content in use stays":                                   {Documents: []string{"a.yaml"}, Rejected: []string{"x"}},
		"the newest content is held; none of its content is in use":                                  {Held: []string{"x"}},
		"its source has failed since 11:59:00; the content in use stays":                             {Documents: []string{"a.yaml"}, Down: "x", DownSince: now.Add(-time.Minute)},
		"never verified as current; started from the last known good copy; the content in use stays": {Documents: []string{"a.yaml"}, Stale: true, Down: "x", FromLastKnownGood: true},
		"last verified as current 5 min ago; started from the seed; the content in use stays":        {Documents: []string{"a.yaml"}, Stale: true, VerifiedAt: now.Add(-5 * time.Minute), FromSeed: true},
	} {
		l.Name = "orders.yaml"
		all := behind(now, []observe.LayerHealth{l})
		if want == "" && len(all) != 0 || want != "" && (len(all) != 1 || all[0].Name != l.Name || all[0].Text != want) {
			t.Errorf("the page says %+v, want %q", all, want)
		}
	}
}
