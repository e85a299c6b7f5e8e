package chaostest

import (
	"context"
	"crypto/md5"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// write makes a content of a version: it says what it is, how much follows and what that must be.
func write(version int, random *rand.Rand) string {
	pad := strings.Repeat(fmt.Sprintf("%04x", random.IntN(1<<16)), random.IntN(500))
	return fmt.Sprintf("v: %d\nsum: %x\npad: %q\n", version, md5.Sum(fmt.Appendf(nil, "%d %s", version, pad)), pad)
}

// read returns the version of a content, if that is whole.
func read(content string) (version int, whole bool) {
	var sum, pad string
	if _, err := fmt.Sscanf(content, "v: %d\nsum: %s\npad: %q\n", &version, &sum, &pad); err != nil {
		return 0, false
	}
	return version, sum == fmt.Sprintf("%x", md5.Sum(fmt.Appendf(nil, "%d %s", version, pad))) && strings.HasSuffix(content, "\n")
}

// board is what all sessions have.
type board struct {
	mu      sync.Mutex
	has     map[string]map[string]int // by session and data ID
	heard   int
	changed chan struct{}
}

func newBoard() *board { return &board{has: map[string]map[string]int{}, changed: make(chan struct{})} }

func (b *board) note(who, id string, version int) (before int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before = b.has[who][id]
	b.has[who][id] = version
	b.heard++
	close(b.changed)
	b.changed = make(chan struct{})
	return before
}

func (b *board) sessions() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.has))
}

// version is what a session has of a config.
func (b *board) version(who, id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.has[who][id]
}

// count is how many contents were heard of.
func (b *board) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.heard
}

// missing counts what differs from the truth, and names one of it.
func (b *board) missing(truth map[string]int) (n int, one string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for who, has := range b.has {
		for id, v := range truth {
			if has[id] != v {
				n++
				one = fmt.Sprintf("session %s has version %d of %s, the server %d", who, has[id], id, v)
			}
		}
	}
	return n, one
}

// await waits until all sessions have the truth.
func (b *board) await(ctx context.Context, truth map[string]int) error {
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		n, one := b.missing(truth)
		if n == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d configs are not what the server has; %s", n, one)
		}
	}
}

// watch follows all configs with a session of its own, until ctx is done, and checks what comes at
// each moment.
func (b *board) watch(ctx context.Context, t *testing.T, wg *sync.WaitGroup, c *nacos.Client, who string, ids []string) {
	b.mu.Lock()
	b.has[who] = map[string]int{}
	b.mu.Unlock()
	for _, id := range ids {
		src := c.Source(id)
		applied, _ := source.As[source.Acknowledger](src)
		wg.Go(func() {
			var rev source.Revision
			for ctx.Err() == nil {
				got, err := src.Next(ctx, rev)
				if err != nil {
					_ = pause(ctx, 50*time.Millisecond)
					continue
				}
				rev = got.Revision
				if got.Documents[0].Absent {
					if before := b.note(who, id, 0); before > 0 {
						t.Errorf("session %s: version %d of %s vanished, and nobody has deleted it", who, before, id)
					}
					continue
				}
				v, whole := read(string(got.Documents[0].Data))
				if !whole {
					t.Errorf("session %s: %s is torn: %d bytes", who, id, len(got.Documents[0].Data))
				}
				if before := b.note(who, id, v); before > v {
					t.Errorf("session %s: version %d of %s came after version %d", who, v, id, before)
				}
				applied.Ack(rev, nil)
			}
		})
	}
}
