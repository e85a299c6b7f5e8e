package fakenacos_test

import (
	"fmt"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

// The limits of the fuzzy watch are those of a 3.0.3 with its default settings, as its source has
// them. A real server keeps a pattern for a minute after the last client, so that this test would
// disturb others there.
func TestFuzzyWatchLimits(t *testing.T) {
	t.Parallel()
	srv, err := fakenacos.Start(fakenacos.Options{Version: "3.0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	for i := range 500 {
		if err := srv.Put("", "MANY", fmt.Sprintf("%03d", i), "x"); err != nil {
			t.Fatal(err)
		}
	}
	p, q := connect(t, srv.Addr()), connect(t, srv.Addr())
	ask := func(p *peer, pattern, typ, want string, received ...string) {
		t.Helper()
		p.want("ConfigFuzzyWatchRequest", watchBody(pattern, typ, true, received...), "ConfigFuzzyWatchResponse", want)
	}
	// From 500 on, the names may not be all, and nothing is said to be gone.
	ask(p, "public>>MANY>>*", "WATCH", failure(50311, "fuzzy watch pattern matched count over limit"), "gone+MANY+public")
	if n := len(p.synced("public>>MANY>>*", "the names")); n != 500 {
		t.Errorf("%d names, want 500 and none that is gone", n)
	}
	srv.Delete("", "MANY", "007")
	if got := p.news("a deletion"); got != "007+MANY+public DELETE_CONFIG" {
		t.Errorf("the news is %s", got)
	}
	ask(p, "public>>MANY>>*", "WATCH", done200)
	for i := 1; i < 20; i++ {
		ask(p, fmt.Sprintf("public>>G>>%d*", i), "WATCH", done200)
	}
	ask(q, "public>>G>>20*", "WATCH", failure(50310, "fuzzy watch pattern over limit"))
	ask(q, "public>>G>>19*", "WATCH", done200) // another client watches it already
	ask(p, "public>>G>>1*", "CANCEL_WATCH", done200)
	ask(q, "public>>G>>20*", "WATCH", done200)
}
