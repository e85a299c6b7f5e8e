package chaostest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// TestRealDivergence makes a node of a real cluster unable to copy a config to its disk, as a full
// disk does. The node keeps the old content and says that nothing has changed. A
// session that is connected to it gets the newer content from another node.
func TestRealDivergence(t *testing.T) {
	f := realCluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	for !diverges(ctx, t, f) {
		t.Log("the session has lost its connection to the node, so that this run shows nothing: once more")
	}
}

// diverges is one run. It returns false if the session did not stay connected to the node: on a
// busy machine it may leave one that answers late, and has the newer content from the next one.
func diverges(ctx context.Context, t *testing.T, f *field) (stayed bool) {
	t.Helper()
	group := fmt.Sprintf("DIVERGE_%08x", rand.Uint32())
	const id = "orders.yaml"
	dial := func(servers []string, opts ...nacos.Option) *nacos.Client {
		c, err := nacos.NewClient(nacos.Config{Servers: servers, Group: group, AppName: "diverge"}, opts...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	differ := make(chan nacos.Event, 10)
	connected, left := context.WithCancel(ctx)
	defer left()
	follower := dial(f.direct, nacos.CompareServersEvery(10*time.Second), nacos.OnEvent(func(e nacos.Event) {
		switch e.Kind {
		case nacos.EventServersDiffer:
			select {
			case differ <- e:
			default:
			}
		case nacos.EventConnectionLost:
			left()
		}
	}))
	if err := follower.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	mine := follower.Status().Server
	var others []string
	folder := ""
	for i, addr := range f.direct {
		if addr == mine {
			folder = f.nodes[i].folder
		} else {
			others = append(others, addr)
		}
	}
	publisher := dial(others)
	publish := func(text string) {
		t.Helper()
		if err := publisher.Publish(ctx, id, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	defer func() { _ = publisher.Delete(context.WithoutCancel(ctx), id) }()

	publish("v: 1")
	src := follower.Source(id)
	content, err := src.Next(ctx, "")
	for err == nil && content.Documents[0].Absent {
		content, err = src.Next(ctx, content.Revision)
	}
	if err != nil {
		t.Fatal(err)
	}
	place := filepath.Join(folder, "data", "config-data", group, id)
	if _, err := os.Stat(place); err != nil { // a Nacos 3 gives the public namespace its name
		place = filepath.Join(folder, "data", "tenant-config-data", "public", group, id)
	}
	if text, err := os.ReadFile(place); err != nil || string(text) != "v: 1" {
		t.Fatalf("the copy on the disk of the node is %q, %v", text, err)
	}
	if err := os.Remove(place); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(readOnly(t, "v: 1"), place); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Remove(place) }()

	select { // of two publishes in quick succession, the times of different servers do not tell the newer one
	case <-time.After(5 * time.Second):
	case <-connected.Done():
		return false
	}
	publish("v: 2")
	published := time.Now()
	quiet, stop := context.WithTimeout(connected, 5*time.Second)
	if c, err := src.Next(quiet, content.Revision); quiet.Err() == nil {
		t.Fatalf("the node shows another content, %+v, %v; this test wants one that keeps the old one", c.Documents, err)
	}
	stop()
	var next source.Content
	for len(next.Documents) == 0 || string(next.Documents[0].Data) != "v: 2" {
		next, err = src.Next(connected, content.Revision)
		switch {
		case ctx.Err() != nil:
			t.Fatal("the session does not get the newer content of the other nodes")
		case connected.Err() != nil:
			return false
		case err != nil:
			t.Log(err)
		}
	}
	took := time.Since(published)
	var e nacos.Event
	select {
	case e = <-differ:
	case <-connected.Done():
		return false
	}
	t.Logf("the newer content came after %v, from %s; %v", took.Round(time.Millisecond), e.Server, e.Err)
	if e.Changed != 1 || e.Server == mine {
		t.Errorf("the event is %+v", e)
	}
	if took > time.Minute {
		t.Errorf("it took %v, want 45 s at most: an interval of 10 s, and 30 s", took)
	}
	return true
}

// TestRealBursts publishes bursts of a thousand configs, or of as many as NACRE_BURST_SIZE says, on
// a real cluster, while one session for each node follows them, without comparisons. It counts the
// configs that a session does not have a minute later, and says for each whether the session's node
// has another content than the others.
//
//	NACRE_BURSTS=200 bash ci/nacos/nacos.sh run --cluster go test -run TestRealBursts -timeout 3h -v ./providers/nacos/chaostest
func TestRealBursts(t *testing.T) {
	f := realCluster(t)
	bursts, err := strconv.Atoi(os.Getenv("NACRE_BURSTS"))
	if err != nil {
		bursts = 1
	}
	size, err := strconv.Atoi(os.Getenv("NACRE_BURST_SIZE"))
	if err != nil {
		size = 1000
	}
	ctx := t.Context()
	ids := idsOf(fmt.Sprintf("%08x", rand.Uint32()), size)
	b := newBoard()
	watching, stop := context.WithCancel(ctx)
	var watchers sync.WaitGroup
	defer watchers.Wait()
	defer stop()
	dial := func(who string, servers ...string) *nacos.Client {
		c, err := nacos.NewClient(nacos.Config{Servers: servers, AppName: "bursts", InstanceID: who}, nacos.CompareServersEvery(0))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	at := map[string]*nacos.Client{}
	for _, addr := range f.direct {
		at[addr] = dial(addr, addr)
		b.watch(watching, t, &watchers, at[addr], addr, ids)
	}
	random := rand.New(rand.NewPCG(seed(t), 7)) //nolint:gosec // it must be repeatable
	w := &writer{client: dial("writer", f.direct...), ids: ids, random: random, versions: map[string]int{}, doubtful: map[string]bool{}}
	t.Cleanup(func() { each(t, ids, func(ctx context.Context, id string) error { return w.client.Delete(ctx, id) }) })
	late, diverged := 0, 0
	var slowest time.Duration
	for n := range bursts {
		began := time.Now()
		each(t, ids, func(ctx context.Context, id string) error {
			w.mu.Lock()
			delete(w.doubtful, id) // it is published again until it is acknowledged
			w.mu.Unlock()
			return w.publish(ctx, id)
		})
		acked := time.Now()
		w.mu.Lock()
		truth := make(map[string]int, len(ids))
		for _, id := range ids {
			truth[id] = w.versions[id]
		}
		w.mu.Unlock()
		patience, enough := context.WithTimeout(ctx, time.Minute)
		err := b.await(patience, truth)
		enough()
		fresh := time.Since(acked)
		slowest = max(slowest, fresh)
		if err == nil {
			if n%10 == 9 {
				t.Logf("burst %d: published in %v, fresh after %v; slowest so far %v", n+1, acked.Sub(began).Round(time.Millisecond), fresh.Round(time.Millisecond), slowest.Round(time.Millisecond))
			}
			continue
		}
		for who, lacks := range b.lacking(truth) {
			for _, id := range lacks {
				late++
				var has []string
				old := false
				for _, addr := range f.direct {
					item, err := at[addr].Get(ctx, id)
					version, _ := read(string(item.Content))
					has = append(has, fmt.Sprintf("%s has %d (%v)", addr, version, err))
					old = old || addr == who && version != truth[id]
				}
				if old {
					diverged++
				}
				t.Logf("burst %d: the session at %s lacks version %d of %s; %s", n+1, who, truth[id], id, strings.Join(has, ", "))
			}
		}
	}
	t.Logf("%d bursts of %d configs, 3 sessions: %d contents were late by more than a minute, of %d the session's own node had the old content; slowest burst %v", bursts, len(ids), late, diverged, slowest)
	if late > diverged {
		t.Errorf("%d contents were late although the session's node had them", late-diverged)
	}
}

// lacking returns what each session does not have of the truth.
func (b *board) lacking(truth map[string]int) map[string][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string][]string{}
	for who, has := range b.has {
		for id, v := range truth {
			if has[id] != v {
				all[who] = append(all[who], id)
			}
		}
	}
	return all
}
