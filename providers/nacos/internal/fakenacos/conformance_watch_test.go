package fakenacos_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A Nacos 2 does not know the fuzzy watch, and a Nacos 3 says that it does.
func TestConformanceAbilities(t *testing.T) { onEach(t, false, conformAbilities) }

func conformAbilities(g *target) {
	p := dialPeer(g.t, g.addr)
	p.setup(strings.Replace(setupBody, `"clientAbilities":{}`, `"abilityTable":{"fuzzyWatch":true}`, 1))
	p.registered()
	var ack struct {
		Abilities map[string]bool `json:"abilityTable"`
	}
	if err := json.Unmarshal([]byte(p.nextOf("SetupAckRequest", "abilities").body), &ack); err != nil {
		g.t.Fatal(err)
	}
	if ack.Abilities["fuzzyWatch"] != g.three {
		g.t.Errorf("the abilities are %v", ack.Abilities)
	}
	if !g.three {
		p.want("ConfigFuzzyWatchRequest", watchBody("public>>"+g.group+">>*", "WATCH", true), "ErrorResponse", failure(302, "RequestHandler Not Found"))
	}
}

func watchBody(pattern, typ string, first bool, received ...string) string {
	if received == nil {
		received = []string{}
	}
	names, _ := json.Marshal(received)
	return fmt.Sprintf(`{"requestId":"","module":"config","groupKeyPattern":%s,"receivedGroupKeys":%s,"watchType":%q,"initializing":%v}`, quote(pattern), names, typ, first)
}

// watched is a push of a fuzzy watch of either type.
type watched struct {
	Pattern  string `json:"groupKeyPattern"`
	SyncType string `json:"syncType"`
	Contexts []struct {
		Name string `json:"groupKey"`
		Type string `json:"changedType"`
	} `json:"contexts"`
	Total int    `json:"totalBatch"`
	Name  string `json:"groupKey"`
	Type  string `json:"changeType"`
}

func (p *peer) nextWatched(typ, why string) (w watched) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.nextOf(typ, why).body), &w); err != nil {
		p.t.Fatal(err)
	}
	return w
}

// synced returns the names of a synchronization up to its end: "a" is there, "-a" is not.
func (p *peer) synced(pattern, why string) (names []string) {
	p.t.Helper()
	for {
		w := p.nextWatched("ConfigFuzzyWatchSyncRequest", why)
		if w.Pattern != pattern {
			p.t.Fatalf("%s: a push about %q", why, w.Pattern)
		}
		for _, c := range w.Contexts {
			switch c.Type {
			case "ADD_CONFIG":
				names = append(names, c.Name)
			case "DELETE_CONFIG":
				names = append(names, "-"+c.Name)
			default:
				p.t.Errorf("%s: %s has type %q", why, c.Name, c.Type)
			}
		}
		if w.SyncType == "FINISH_FUZZY_WATCH_INIT_NOTIFY" || w.SyncType == "FUZZY_WATCH_DIFF_SYNC_NOTIFY" {
			slices.Sort(names)
			return names
		}
		if w.SyncType != "FUZZY_WATCH_INIT_NOTIFY" || w.Total != (len(names)+19)/20 && len(names)%20 != 0 {
			p.t.Errorf("%s: type %q, %d batches", why, w.SyncType, w.Total)
		}
	}
}

func (p *peer) news(why string) string {
	p.t.Helper()
	w := p.nextWatched("ConfigFuzzyWatchChangeNotifyRequest", why)
	return w.Name + " " + w.Type
}

func TestConformanceFuzzyWatch(t *testing.T) { onThree(t, false, conformFuzzyWatch) }

func conformFuzzyWatch(g *target) {
	t := g.t
	p, writer := g.connect(), g.connect()
	pattern := "public>>" + g.group + ">>*.w"
	name := func(id string) string { return id + "+" + g.group + "+public" }
	put := func(id, text string) { t.Helper(); g.publish(writer, "", id, text, "") }
	watch := func(p *peer, pattern, typ string, first bool, received ...string) {
		t.Helper()
		p.want("ConfigFuzzyWatchRequest", watchBody(pattern, typ, first, received...), "ConfigFuzzyWatchResponse", done200)
	}
	want := func(why string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", why, got, want)
		}
	}
	watch(p, pattern, "WATCH", true)
	want("a pattern that nothing matches", p.synced(pattern, "an empty pattern"), []string{})
	put("a.w", "1")
	want("a creation", p.news("a creation"), name("a.w")+" CONFIG_CHANGED")
	g.settled(writer)
	put("a.w", "2") // tells nothing
	put("a.x", "1") // does not match
	put("b.w", "1")
	want("another creation", p.news("another creation"), name("b.w")+" CONFIG_CHANGED")

	watch(p, pattern, "WATCH", true)
	want("all names once more", p.synced(pattern, "all"), []string{name("a.w"), name("b.w")})
	watch(p, pattern, "WATCH", true, name("a.w"), name("gone.w"))
	want("what differs", p.synced(pattern, "differs"), []string{"-" + name("gone.w"), name("b.w")})
	watch(p, pattern, "WATCH", false, name("a.w"))
	want("what differs, without an end", p.synced(pattern, "differs"), []string{name("b.w")})
	watch(p, pattern, "WATCH", true, name("a.w"), name("b.w"))
	want("nothing differs", p.synced(pattern, "nothing differs"), []string{})

	for _, c := range []struct {
		pattern string
		names   []string
	}{
		{"*", []string{name("a.w"), name("a.x"), name("b.w"), name("settled")}},
		{"a*", []string{name("a.w"), name("a.x")}},
		{"a.w", []string{name("a.w")}},
		{"*.*", []string{name("a.w"), name("a.x"), name("b.w")}},
		{"a*w", []string{}},
		{"*a*w*", []string{}},
	} {
		q := g.connect()
		one := "public>>" + g.group + ">>" + c.pattern
		watch(q, one, "WATCH", true)
		want(c.pattern, q.synced(one, c.pattern), c.names)
		watch(q, one, "CANCEL_WATCH", false)
	}

	q := g.connect()
	watch(q, pattern, "WATCH", true)
	q.synced(pattern, "another connection")
	watch(p, pattern, "CANCEL_WATCH", false)
	writer.want("ConfigRemoveRequest", keyBody("", g.group, "a.w"), "ConfigRemoveResponse", done200)
	want("a deletion", q.news("a deletion"), name("a.w")+" DELETE_CONFIG")
	watch(p, pattern, "WATCH", true, name("a.w"), name("b.w"))
	want("a deletion that was not told", p.synced(pattern, "a deletion"), []string{"-" + name("a.w")})
	for i := range 45 {
		put(fmt.Sprintf("n%02d.w", i), "1")
	}
	for range 45 {
		p.news("45 creations")
	}
	watch(p, pattern, "WATCH", true)
	want("the number of names in three batches", len(p.synced(pattern, "three batches")), 46)
	for len(p.pushes) > 0 {
		if got := <-p.pushes; strings.HasPrefix(got.typ, "ConfigFuzzyWatchChange") {
			t.Errorf("a push too many: %s", got.body)
		}
	}
}
