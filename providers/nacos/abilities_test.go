package nacos_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos"
)

// A client sends its abilities to a server that negotiates them, and to no other, and asks for what
// the server has confirmed alone.
func TestAbilities(t *testing.T) {
	t.Parallel()
	const watch = "ConfigFuzzyWatchRequest"
	for name, test := range map[string]struct {
		negotiates bool
		confirms   map[string]bool
		sent       bool          // the client's abilities
		watches    int           // requests for the fuzzy watch
		lists      time.Duration // after which the names are listed
	}{
		"a server that does not negotiate": {false, nil, false, 0, 0},
		"one that confirms all the same":   {false, map[string]bool{"fuzzyWatch": true}, false, 0, 0},
		"one that confirms no ability":     {true, map[string]bool{}, true, 0, 0},
		"one that confirms others":         {true, map[string]bool{"lock": true, "fuzzyWatch": false}, true, 0, 0},
		"one that does not confirm":        {true, nil, true, 0, 5 * time.Second},
		"one that confirms it":             {true, map[string]bool{"fuzzyWatch": true}, true, 1, 0}, // and then does not know it
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prepare := func(f *cluster) {
				f.negotiates, f.abilities = test.negotiates, test.confirms
				f.list = []string{`{"totalCount":1,"pageItems":[{"dataId":"x-1.yaml","group":"DEFAULT_GROUP"}]}`}
			}
			bubble(t, nacos.Config{}, prepare, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
				began := time.Now()
				f.put("x-1.yaml", "v: 1")
				src := c.Matching("x-*")
				content, err := src.Next(within(t), "")
				if err != nil || describe(content) != "x-1.yaml=v: 1 optional" {
					t.Fatalf("the content is %s, %v", describe(content), err)
				}
				synctest.Wait()
				if took := time.Since(began); took < test.lists || took > test.lists+time.Second {
					t.Errorf("the names came after %v, want %v", took, test.lists)
				}
				if n := len(f.calls(watch)); n != test.watches {
					t.Errorf("the client asked for the fuzzy watch %d times, want %d", n, test.watches)
				}
				if sent := strings.Contains(f.setups[0], `"abilityTable":{"fuzzyWatch":true}`); sent != test.sent {
					t.Errorf("the set-up is %s", f.setups[0])
				}
				if !test.sent && strings.Contains(f.setups[0], "abilityTable") {
					t.Errorf("the set-up of a server that does not negotiate is %s", f.setups[0])
				}
			})
		})
	}
}
