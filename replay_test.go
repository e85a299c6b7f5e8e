package nacre_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/manifest"
	"github.com/nacre-go/nacre/source"
)

// production is a service whose releases must be signed, and the three documents in Nacos that
// anybody may write.
type production struct {
	t       *testing.T
	o       nacre.Options
	m, a, b *placed
	cfg     *nacre.Config[releaseConfig]
}

func newProduction(t *testing.T) *production {
	p := &production{t: t, o: quiet}
	p.o.LastKnownGoodDisabled, p.o.LastKnownGoodDir, p.o.LastKnownGoodKey, p.o.Service = false, t.TempDir(), bytes.Repeat([]byte{7}, 32), "orders"
	p.m, p.a, p.b = in("G", "release.yaml", nil), in("G", "a.yaml", nil), in("G", "b.yaml", nil)
	p.publish(of(1))
	return p
}

// publish puts a release into Nacos, signed, with the documents of its sequence.
func (p *production) publish(m *manifest.Manifest) {
	p.m.memory.Set(signed(m, releaseKey(1)))
	p.documents(int(m.Sequence))
}

func (p *production) documents(n int) {
	p.a.memory.Set(docA(n))
	p.b.memory.Set(docB(n))
}

// start opens the config with sources of its own, as a new process does.
func (p *production) start() error {
	p.t.Helper()
	again := func(s *placed) source.Source { c := *s; return &c }
	var err error
	p.cfg, err = nacre.OpenWith[releaseConfig](p.t.Context(), p.o,
		nacre.Layer(again(p.m), nacre.SignedManifest(releaseKey(1).Public().(ed25519.PublicKey))), again(p.a), again(p.b))
	return err
}

func (p *production) mustStart() {
	p.t.Helper()
	if err := p.start(); err != nil {
		p.t.Fatalf("the service does not start: %v", err)
	}
}

func (p *production) stop() {
	p.t.Helper()
	if err := p.cfg.Close(); err != nil {
		p.t.Error(err)
	}
}

// runs says which release is live; it fails for a half of one.
func (p *production) runs(want int, when string) {
	p.t.Helper()
	if c := p.cfg.Get(); c.A != want || c.B != want {
		p.t.Errorf("%s: live are a of release %d and b of release %d, want %d; %+v", when, c.A, c.B, want, p.cfg.Health().Layers)
	}
}

// says looks for a text in what Health says of the manifest.
func (p *production) says(text, when string) {
	p.t.Helper()
	l := p.cfg.Health().Layers[0]
	if all := strings.Join(append(l.Held, l.Rejected...), "\n"); !strings.Contains(all, text) {
		p.t.Errorf("%s: Health says %q, want %q", when, all, text)
	}
}

// trusts fails where anything is wrong with the manifest of Nacos.
func (p *production) trusts(when string) {
	p.t.Helper()
	if l := p.cfg.Health().Layers[0]; l.Held != nil || l.Rejected != nil || l.FromLastKnownGood {
		p.t.Errorf("%s: the manifest is in doubt: %+v", when, l)
	}
}

// nacosIsDown lets none of the sources that are opened from now on have an answer.
func (p *production) nacosIsDown(down bool) {
	for _, s := range []*placed{p.m, p.a, p.b} {
		s.err = nil
		if down {
			s.err = &source.Error{Kind: source.PermissionDenied, Op: "read", Document: "x"}
		}
	}
}

// bubble runs a test in a bubble with a service of its own.
func bubble(t *testing.T, f func(p *production)) {
	synctest.Test(t, func(t *testing.T) { f(newProduction(t)) })
}

// Adversary: whoever can write to Nacos, and has no key, puts an old signed manifest and its
// documents back.
func TestAnOldReleaseCannotBePutBack(t *testing.T) {
	bubble(t, func(p *production) {
		p.mustStart()
		p.publish(of(2))
		settle()
		p.runs(2, "control")
		p.publish(of(1))
		settle()
		p.runs(2, "the old release is back in Nacos")
		p.says("sequence 1, and 2 was accepted here before", "the old release is back in Nacos")
		if h := p.cfg.Health(); h.Layers[1].Held == nil || len(h.Layers[0].Rejected) > 0 {
			t.Errorf("the old release is held, with its documents: %+v", h.Layers)
		}
		p.stop()
		p.mustStart() // the old release is still there
		settle()
		p.runs(2, "after a restart")
		p.says("sequence 1, and 2 was accepted here before", "after a restart")
		p.publish(of(3))
		settle()
		p.runs(3, "the next release")
		p.stop()
	})
}

// Adversary: the same, with only some of the documents, and one after the other.
func TestAnOldReleaseCannotBePutBackInParts(t *testing.T) {
	bubble(t, func(p *production) {
		p.publish(of(2))
		p.mustStart()
		for what, do := range map[string]func(){
			"a":             func() { p.a.memory.Set(docA(1)) },
			"b":             func() { p.b.memory.Set(docB(1)) },
			"a and b":       func() { p.documents(1) },
			"the manifest":  func() { p.m.memory.Set(signed(of(1), releaseKey(1))) },
			"without a":     func() { p.m.memory.Set(signed(of(1), releaseKey(1))); p.b.memory.Set(docB(1)) },
			"the other way": func() { p.documents(1); time.Sleep(time.Second); p.m.memory.Set(signed(of(1), releaseKey(1))) },
			"no manifest":   func() { p.documents(1); p.m.memory.Remove() },
		} {
			do()
			settle()
			p.runs(2, what)
			p.stop()
			p.mustStart()
			settle()
			p.runs(2, what+", after a restart")
			p.m.err = &source.Error{Kind: source.PermissionDenied, Op: "read", Document: "release.yaml"} // and Nacos does not answer for the manifest
			p.stop()
			p.mustStart()
			p.m.err = nil
			p.runs(2, what+", after a restart without the manifest")
			p.publish(of(2))
			settle()
			p.stop()
			p.mustStart()
			p.runs(2, what+": put right")
		}
		p.stop()
	})
}

// Somebody who may decides otherwise.
func TestAnOperatorMayGoBack(t *testing.T) {
	bubble(t, func(p *production) {
		p.publish(of(2))
		p.mustStart()
		p.publish(of(3))
		settle()
		p.publish(of(1))
		settle()
		p.runs(3, "control")
		if _, err := approve(p.cfg, 0); err != nil {
			t.Fatal(err)
		}
		settle()
		p.runs(1, "an operator has approved the old release")
		for range 2 {
			p.stop()
			p.mustStart()
			p.runs(1, "after a restart")
			p.trusts("after a restart")
		}
		p.publish(of(2))
		settle()
		p.runs(1, "another old release is not approved")
		p.says("sequence 2, and 3 was accepted here before", "another old release")
		p.publish(of(1))
		settle()
		p.trusts("the approved release is back")
		p.publish(of(4))
		settle()
		p.runs(4, "the next release")
		p.publish(of(1))
		settle()
		p.runs(4, "an approval is for once: a release has come since")
		p.stop()
	})
}

// What the service itself goes back to needs nobody's word.
func TestARollbackIsNoReplay(t *testing.T) {
	bubble(t, func(p *production) {
		p.mustStart()
		p.publish(of(2))
		settle()
		if _, err := p.cfg.Rollback(p.t.Context()); err != nil {
			t.Fatal(err)
		}
		p.runs(1, "rolled back")
		p.stop()
		p.nacosIsDown(true)
		p.mustStart()
		p.runs(1, "after a restart without Nacos")
		p.stop()
		p.nacosIsDown(false)
		p.mustStart() // what is live was kept; Nacos has the second release
		p.runs(2, "after a restart")
		if _, err := p.cfg.Rollback(p.t.Context()); err == nil {
			t.Error("control: there is no version before the first")
		}
		p.stop()
	})
}

func TestASequenceIsForOneRelease(t *testing.T) {
	bubble(t, func(p *production) {
		p.mustStart()
		other := of(1)
		other.Release = "another"
		p.m.memory.Set(signed(other, releaseKey(1)))
		settle()
		p.says("sequence 1, with which another release was accepted here", "another release with the same sequence")
		if _, err := approve(p.cfg, 0); err != nil {
			t.Fatal(err)
		}
		p.trusts("an operator has approved another release with the same sequence")
		p.m.memory.Set(append([]byte(strings.ReplaceAll(string(signed(of(1), releaseKey(1))), "\n", "\r\n")), '\n'))
		settle()
		p.trusts("the same release with other line ends")
		p.stop()
	})
}

// Adversary: staging's signed release goes to production.
func TestAReleaseIsForItsAudience(t *testing.T) {
	for _, c := range []struct {
		audience manifest.Audience
		fits     bool
	}{
		{manifest.Audience{Namespace: "prod", Group: "G", Service: "orders"}, true},
		{manifest.Audience{Namespace: "pr*", Group: "*", Service: "ord*s"}, true},
		{manifest.Audience{Namespace: "staging", Group: "G", Service: "orders"}, false},
		{manifest.Audience{Namespace: "prod", Group: "H", Service: "orders"}, false},
		{manifest.Audience{Namespace: "prod", Group: "G", Service: "billing"}, false},
		{manifest.Audience{Namespace: "", Group: "", Service: "orders"}, false},
		{manifest.Audience{Namespace: "prod", Group: "G", Service: ""}, false},
	} {
		bubble(t, func(p *production) {
			p.mustStart()
			m := of(2)
			m.Audience = []manifest.Audience{c.audience}
			p.publish(m)
			settle()
			if c.fits {
				p.runs(2, fmt.Sprint(c.audience))
				p.stop()
				return
			}
			p.runs(1, fmt.Sprint(c.audience))
			p.says(`its audience does not include namespace "prod", group "G", service "orders"`, fmt.Sprint(c.audience))
			if _, err := approve(p.cfg, 0); !errors.Is(err, source.PermissionDenied) {
				t.Errorf("%v: approving it returns %v", c.audience, err)
			}
			p.runs(1, fmt.Sprint(c.audience, ": nobody can approve what was signed for others"))
			p.stop()
			p.o.LastKnownGoodDir = p.t.TempDir()
			if err := p.start(); !errors.Is(err, source.PermissionDenied) {
				t.Errorf("%v: a service starts with what was signed for others: %v", c.audience, err)
			}
		})
	}
}

// Adversary: a document that was signed in one place stands in another.
func TestADocumentIsSignedForItsPlace(t *testing.T) {
	for what, change := range map[string]func(m *manifest.Manifest){
		"another name":      func(m *manifest.Manifest) { m.Documents[0].Name = "c.yaml" },
		"another group":     func(m *manifest.Manifest) { m.Documents[0].Group = "H" },
		"another namespace": func(m *manifest.Manifest) { m.Documents[0].Namespace = "staging" },
		"another format":    func(m *manifest.Manifest) { m.Documents[0].Format = source.FormatProperties },
		"exchanged": func(m *manifest.Manifest) {
			m.Documents[0].SHA256, m.Documents[1].SHA256 = m.Documents[1].SHA256, m.Documents[0].SHA256
		},
	} {
		bubble(t, func(p *production) {
			p.mustStart()
			m := of(2)
			change(m)
			p.publish(m)
			settle()
			p.runs(1, what)
			p.stop()
			p.mustStart()
			p.runs(1, what+", after a restart")
			p.stop()
		})
	}
}

// An expired release is not accepted; one that is live is not taken down.
func TestExpiry(t *testing.T) {
	expiring := func(n int, in time.Duration) *manifest.Manifest {
		m := of(n)
		m.Expires = time.Now().Add(in)
		return m
	}
	t.Run("a live release expires", func(t *testing.T) {
		bubble(t, func(p *production) {
			p.publish(expiring(1, time.Hour))
			p.mustStart()
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			p.runs(1, "the release expired")
			p.trusts("the release expired")
			p.stop()
			p.mustStart()
			p.runs(1, "after a restart")
			p.trusts("after a restart")
			p.stop()
			p.nacosIsDown(true)
			p.mustStart()
			p.runs(1, "after a restart without Nacos")
			p.stop()
		})
	})
	t.Run("an expired one comes", func(t *testing.T) {
		bubble(t, func(p *production) {
			p.mustStart()
			p.publish(expiring(2, -time.Second))
			settle()
			p.runs(1, "an expired release")
			p.says("has expired at", "an expired release")
			p.stop()
			p.mustStart()
			p.runs(1, "after a restart")
			settle()
			p.says("has expired at", "after a restart")
			if _, err := approve(p.cfg, 0); err != nil {
				t.Fatal(err)
			}
			p.runs(2, "an operator has approved it")
			p.stop()
			p.mustStart()
			p.runs(2, "after another restart")
			p.stop()
			// Without a copy nothing says that it was live here.
			p.o.LastKnownGoodDir = p.t.TempDir()
			if err := p.start(); !errors.Is(err, source.PermissionDenied) || !strings.Contains(err.Error(), "has expired at") {
				t.Errorf("a new instance starts with an expired release: %v", err)
			}
		})
	})
	t.Run("it expires while a document is missing", func(t *testing.T) {
		bubble(t, func(p *production) {
			p.mustStart()
			m := expiring(2, time.Minute)
			p.m.memory.Set(signed(m, releaseKey(1)))
			p.a.memory.Set(docA(2))
			time.Sleep(time.Hour)
			p.b.memory.Set(docB(2))
			settle()
			p.runs(1, "the last document comes too late")
			p.says("has expired at", "the last document comes too late")
			p.stop()
		})
	})
}

// Not promised: whoever can put an older copy back together with its mark, or take both away, and
// write to Nacos, can put back what came after that copy. It is a whole release of somebody who has
// a key, for this service.
func TestWhatAnOlderCopyForgets(t *testing.T) {
	bubble(t, func(p *production) {
		p.mustStart()
		p.stop()
		kept, err := filepath.Glob(filepath.Join(p.o.LastKnownGoodDir, "*.lastgood"))
		if err != nil || len(kept) != 1 {
			t.Fatalf("copies: %q, %v", kept, err)
		}
		putBack := restore(t, kept[0], kept[0]+".newest")
		for n := 2; n <= 3; n++ {
			p.publish(of(n))
			p.mustStart()
			p.stop()
		}
		putBack()
		p.mustStart()
		p.runs(3, "an older copy and an honest Nacos")
		p.stop()
		putBack()
		p.m.memory.Set(signed(of(2), releaseKey(1)))
		p.b.memory.Set(docB(2))
		p.mustStart()
		p.runs(1, "an older copy, and a part of an old release") // from the copy
		p.a.memory.Set(docA(2))
		settle()
		p.runs(2, "an older copy, and an old release")
		p.stop()
	})
}

// restore returns what puts files back as they are now.
func restore(t *testing.T, files ...string) (putBack func()) {
	t.Helper()
	contents := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		contents[file] = data
	}
	return func() {
		for file, data := range contents {
			write(t, file, data)
		}
	}
}

// An older copy that is put back without its mark, a damaged one and none at all let no old release
// in: the mark remembers the sequence.
func TestWithoutItsCopyAnInstanceRemembersTheSequence(t *testing.T) {
	for what, spoil := range map[string]func(t *testing.T, file string, putBack func()){
		"an older copy":  func(_ *testing.T, _ string, putBack func()) { putBack() },
		"a damaged copy": func(t *testing.T, file string, _ func()) { write(t, file, []byte("nacre")) },
		"no copy": func(t *testing.T, file string, _ func()) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			bubble(t, func(p *production) {
				p.mustStart()
				p.stop()
				kept, err := filepath.Glob(filepath.Join(p.o.LastKnownGoodDir, "*.lastgood"))
				if err != nil || len(kept) != 1 {
					t.Fatalf("copies: %q, %v", kept, err)
				}
				putBack := restore(t, kept[0])
				p.publish(of(2))
				p.mustStart()
				p.stop()
				spoil(t, kept[0], putBack)
				p.publish(of(1))
				if err := p.start(); err == nil || !strings.Contains(err.Error(), "sequence") {
					t.Errorf("an old release is back: %v", err)
				}
				p.publish(of(2))
				p.mustStart()
				p.runs(2, "the newest release without its copy")
				p.stop()
			})
		})
	}
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Whatever is put back, in whatever order, over restarts: the release that is live is whole, and
// not older than one that was.
func TestNoOrderOfReplaysGoesBack(t *testing.T) {
	for seed := range uint64(12) {
		bubble(t, func(p *production) {
			random := rand.New(rand.NewPCG(seed, 7))
			newest, highest := 1, 1
			p.mustStart()
			for step := range 40 {
				old := 1 + random.IntN(newest)
				switch random.IntN(7) {
				case 0:
					newest++
					p.publish(of(newest))
				case 1:
					p.publish(of(old))
				case 2:
					p.m.memory.Set(signed(of(old), releaseKey(1)))
				case 3:
					p.a.memory.Set(docA(old))
				case 4:
					p.b.memory.Set(docB(old))
				case 5:
					p.m.memory.Remove()
				case 6:
					p.stop()
					p.mustStart()
				}
				time.Sleep(time.Duration(random.IntN(3)) * 100 * time.Millisecond)
				synctest.Wait()
				c := p.cfg.Get()
				if c.A != c.B || c.A < highest {
					t.Fatalf("seed %d, step %d: live are a of release %d and b of release %d; %d was live before", seed, step, c.A, c.B, highest)
				}
				highest = c.A
			}
			newest++
			p.publish(of(newest))
			settle()
			p.runs(newest, fmt.Sprintf("seed %d: a new release", seed))
			p.stop()
		})
	}
}
