package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/resource"
	"github.com/nacre-go/nacre/internal/schema"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// TestPipeline drives random scripts of good and bad publishes, builds that fail temporarily or
// always, failing AutoRollback checks, subscribers that panic, sections that are attached and
// detached, pins and restarts. It compares the live version with a model that is simple enough to
// verify by reading: each of two layers has a last good number. At all times, no resource is used
// after it was closed, each belongs to the live version, versions only increase, and a subscriber
// ends with the live version.
//
// A failure names its seed: run it alone with that number in the loop.
func TestPipeline(t *testing.T) {
	for seed := range uint64(150) {
		synctest.Test(t, func(t *testing.T) { newScenario(t, seed).run() })
		if t.Failed() {
			return
		}
	}
}

// Numbers that are good for all but one step.
const (
	unbuildable = 31 // no resource can be built from it
	unready     = 32 // no resource can be built from it while down is set
	harmful     = 33 // the AutoRollback check fails
	foreign     = 34 // the section of layer 1 cannot be bound
)

// extra is the type of the section: the number of layer 1 again.
type extra struct {
	N int `config:"n"`
}

// newExtra returns the section.
func newExtra(t *testing.T) schema.Section {
	t.Helper()
	plan, err := binding.Compile[extra]()
	if err != nil {
		t.Fatal(err)
	}
	return *newSection(tree.Path{"extra"}, plan, func(x *extra, _ *tree.Node) source.Problems {
		if x.N == foreign {
			return source.Problems{{Kind: source.Invalid, Key: "extra.n", Message: "is foreign"}}
		}
		return nil
	})
}

// scenario is one script. Layer 0 sets a, layer 1 sets b.
type scenario struct {
	t       *testing.T
	seed    uint64
	r       *rand.Rand
	origins [2]*origin
	set     engine.Settings
	e       *engine.Engine
	numbers [2]int // of the resources

	// the model
	good   [2]int  // the last good number of each layer
	newest [2]*int // a later number that must become good, or nil
	pinned bool
	waits  bool // layer 1 has foreign, which the section rejects

	sections []int       // numbers of the attached sections
	down     atomic.Bool // no resource can be built from unready
	seen     struct {
		version int64
		a, b    int
	}
}

// thing is a resource built from one number.
type thing struct {
	n      int
	closed atomic.Bool
}

func newScenario(t *testing.T, seed uint64) *scenario {
	p := &scenario{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 2)), good: [2]int{1, 2}}
	p.origins = [2]*origin{newOrigin("low", "a: 1"), newOrigin("high", "b: 2\nextra: {n: 2}")}
	p.set = settings(t, p.origins[0], p.origins[1])
	p.set.Sections = append(p.set.Sections, &schema.Section{At: tree.Path{"extra"}, Shape: &tree.Shape{Reserved: true}})
	p.set.LastKnownGoodPath = filepath.Join(t.TempDir(), "copy")
	p.set.Rebuild, p.set.MaxRebuild = time.Second, 10*time.Second
	p.start()
	return p
}

func (p *scenario) failf(format string, args ...any) {
	p.t.Helper()
	p.t.Errorf("seed %d: %s", p.seed, fmt.Sprintf(format, args...))
}

// start starts the service: a config, a resource for each layer of which the second uses the first,
// a subscriber and an AutoRollback check.
func (p *scenario) start() {
	e, err := engine.Start(p.t.Context(), p.set)
	if err != nil {
		p.t.Fatalf("seed %d: %v", p.seed, err)
	}
	p.e = e
	for i := range p.numbers {
		spec := resource.Spec{
			Name: fmt.Sprint(i),
			Select: func(c any) any {
				if i == 0 {
					return value(c.(*pipeline.State)).A
				}
				return value(c.(*pipeline.State)).B
			},
			Equal: func(a, b any) bool { return a == b },
			Build: func(ctx context.Context, part any) (any, error) {
				if i == 1 {
					if in, _, err := e.InstanceIn(ctx, p.numbers[0]); err != nil {
						return nil, err
					} else if in.Value().(*thing).closed.Load() {
						p.failf("a build was given a resource that is closed")
					}
				}
				if n := part.(int); n == unbuildable || n == unready && p.down.Load() {
					return nil, errors.New("cannot")
				}
				return &thing{n: part.(int)}, nil
			},
			Close: func(built any) error {
				if built.(*thing).closed.Load() {
					p.failf("a resource is closed twice")
				}
				built.(*thing).closed.Store(true)
				return nil
			},
			BuildTimeout: time.Second, Grace: 3 * time.Second,
		}
		if p.numbers[i], err = e.Derive(p.t.Context(), spec); err != nil {
			p.t.Fatalf("seed %d: derive: %v", p.seed, err)
		}
	}
	p.seen.version, p.sections = 0, nil
	e.Subscribe("subscriber", true, func(*pipeline.State) engine.Handler {
		return func(_ context.Context, s *pipeline.State, _ []observe.Cause) (bool, error) {
			if s.Version <= p.seen.version {
				p.failf("version %d after %d", s.Version, p.seen.version)
			}
			p.seen.version, p.seen.a, p.seen.b = s.Version, value(s).A, value(s).B
			if s.Version%5 == 0 {
				panic("now and then")
			}
			return true, nil
		}
	})
	e.AddAutoRollback(engine.AutoRollback{Name: "health", For: 5 * time.Second, Every: time.Second, Timeout: time.Second,
		Check: func(_ context.Context, s *pipeline.State) error {
			if value(s).A == harmful || value(s).B == harmful {
				return errors.New("harmful")
			}
			return nil
		}})
}

// checkInvariants checks what must hold at all times.
func (p *scenario) checkInvariants() {
	p.t.Helper()
	ctx, end := context.WithCancel(p.t.Context())
	defer end()
	held := p.e.Hold(ctx)
	for _, n := range p.sections {
		if x := held.State.Value(n).(*extra); x.N != value(held.State).B {
			p.failf("version %d has %d, and its section %d", held.State.Version, value(held.State).B, x.N)
		}
	}
	for i, want := range []int{value(held.State).A, value(held.State).B} {
		if at := held.Built.At(p.numbers[i]).Value().(*thing); at.n != want || at.closed.Load() {
			p.failf("version %d has %d and a resource of %d, closed: %v", held.State.Version, want, at.n, at.closed.Load())
		}
	}
}

// attach attaches the section, which succeeds unless the live version has foreign.
func (p *scenario) attach() {
	p.t.Helper()
	p.settle()
	before := p.e.Live()
	if before.Version == 1 && p.good[1] == foreign {
		return // a start falls back to its copy, if it has an older one: TestAStartFallsBackForASection
	}
	n, err := p.e.Attach(p.t.Context(), newExtra(p.t))
	if (err != nil) != (p.good[1] == foreign) {
		p.failf("live is %d, and the section: %v", p.good[1], err)
	}
	if live := p.e.Live(); live.Version != before.Version {
		p.failf("a section that changes nothing made version %d of %d", live.Version, before.Version)
	}
	if err == nil {
		p.sections = append(p.sections, n)
	}
}

// detach detaches the section once.
func (p *scenario) detach() {
	p.t.Helper()
	p.settle()
	last := len(p.sections) - 1
	if err := p.e.Detach(p.t.Context(), p.sections[last]); err != nil {
		p.failf("detach: %v", err)
	}
	if p.sections = p.sections[:last]; last == 0 && p.waits {
		n := foreign
		p.newest[1], p.waits = &n, false
	}
}

// settle waits for all pending work, and compares with the model.
func (p *scenario) settle() {
	p.t.Helper()
	for range 12 {
		p.checkInvariants()
		time.Sleep(2500 * time.Millisecond) // probations, grace periods and rebuilds included
		synctest.Wait()
	}
	for i, n := range p.newest {
		if n != nil && !p.pinned {
			p.good[i], p.newest[i] = *n, nil
		}
	}
	p.checkInvariants()
	live := p.e.Live()
	if v := value(live); v.A != p.good[0] || v.B != p.good[1] {
		p.failf("live are %d and %d, want %v; %+v", v.A, v.B, p.good, p.e.Health().Layers)
	}
	if p.seen.version != live.Version || p.seen.a != value(live).A || p.seen.b != value(live).B {
		p.failf("the subscriber ends with version %d, and live is %d", p.seen.version, live.Version)
	}
	if h := p.e.Health(); h.Ready() != nil || h.Pinned != p.pinned {
		p.failf("ready: %v, pinned %v", h.Ready(), h.Pinned)
	}
}

func (p *scenario) put(i, n int) {
	if i == 0 {
		p.say(0, fmt.Sprintf("a: %d", n))
		return
	}
	p.say(1, fmt.Sprintf("b: %d\nextra: {n: %d}", n, n))
}

func (p *scenario) say(i int, text string) {
	p.origins[i].put(text)
	p.waits = p.waits && i == 0
}

func (p *scenario) run() {
	ctx := p.t.Context()
	for range 8 + p.r.IntN(25) {
		i := p.r.IntN(2)
		switch p.r.IntN(17) {
		case 0, 1, 2:
			n := 1 + p.r.IntN(29)
			p.put(i, n)
			p.newest[i] = &n
		case 3: // both at the same time
			for i := range p.origins {
				n := 1 + p.r.IntN(29)
				p.put(i, n)
				p.newest[i] = &n
			}
		case 4: // bad, each for a different step
			p.settle()
			p.say(i, []string{"a: [", "zz: 1", "b: x", "s: boom"}[p.r.IntN(4)])
			p.newest[i] = nil
		case 5:
			p.settle()
			p.put(i, unbuildable)
			p.newest[i] = nil
		case 6: // rolled back with all that arrived with it, so that nothing may wait for Unpin
			if p.pinned {
				continue
			}
			p.settle()
			p.put(i, harmful)
			p.newest[i] = nil
			p.settle()
		case 7: // not now, but soon
			p.settle()
			p.down.Store(true)
			p.put(i, unready)
			p.newest[i] = nil
			p.settle()
			p.down.Store(false)
			if n := unready; p.r.IntN(2) == 0 {
				p.newest[i] = &n
			} else { // or another number replaces it before
				n = 5
				p.put(i, n)
				p.newest[i] = &n
			}
		case 8:
			p.settle()
			if _, err := p.e.Pin(ctx, 0, observe.By{}); err != nil {
				p.failf("pin: %v", err)
			}
			p.pinned = true
		case 9, 10:
			synctest.Wait() // apply a good content before a bad one follows it
			if err := p.e.Unpin(ctx, observe.By{}); err != nil {
				p.failf("unpin: %v", err)
			}
			p.pinned = false
		case 11: // a restart, which forgets quarantines: harmful must not be the newest content
			p.replaceHarmful()
			p.settle()
			if err := p.e.Close(); err != nil {
				p.failf("close: %v", err)
			}
			p.pinned = false
			p.start()
		case 12, 13:
			p.attach()
		case 14:
			if len(p.sections) > 0 {
				p.detach()
			}
		case 15:
			if p.pinned {
				continue
			}
			p.settle()
			p.put(1, foreign)
			n := foreign
			if p.newest[1] = &n; len(p.sections) > 0 {
				p.newest[1], p.waits = nil, true
			}
		case 16:
			time.Sleep(time.Duration(p.r.IntN(3000)) * time.Millisecond)
		}
		p.checkInvariants()
		if p.r.IntN(3) == 0 {
			p.settle()
		}
	}
	p.settle()
	if err := p.e.Close(); err != nil {
		p.failf("close: %v", err)
	}
	for _, h := range p.e.Health().Resources {
		if h.Replaced != 0 || h.Closed != h.Builds {
			p.failf("after Close, of %d resources %d are closed", h.Builds, h.Closed)
		}
	}
}

// replaceHarmful publishes a good content in each layer whose newest content was rolled back.
func (p *scenario) replaceHarmful() {
	for i := range p.origins {
		if p.newest[i] == nil {
			n := p.good[i]
			p.put(i, n)
			p.newest[i] = &n
		}
	}
}
