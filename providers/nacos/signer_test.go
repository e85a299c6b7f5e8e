package nacos_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// signer is a scripted one.
type signer struct {
	mu    sync.Mutex
	about []nacos.Key
	key   string
	err   error
	panic bool
	hang  bool
}

func (s *signer) Sign(ctx context.Context, about nacos.Key) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.about = append(s.about, about)
	switch {
	case s.panic:
		panic("canary")
	case s.hang:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return map[string]string{"Spas-Signature": s.key}, s.err
}

func (s *signer) set(do func()) { s.mu.Lock(); defer s.mu.Unlock(); do() }

// Every request about configs is signed, with what it is about, and anew when the server refuses
// one.
func TestSigner(t *testing.T) {
	t.Parallel()
	by := &signer{key: "one"}
	bubble(t, nacos.Config{Namespace: "dev", Signer: &nacos.Signer{Sign: by.Sign}}, func(f *cluster) { f.signature = "one"; f.list = []string{`{"code":200,"data":[{"namespace":"dev"}]}`} },
		func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
			r := follow(t, c.Config("x.yaml"))
			if d, err := r.next(); err != nil || !d.Absent {
				t.Fatalf("with a signature Next returned %+v, %v, want absent", d, err)
			}
			f.put("x.yaml", "v: 1")
			r.until("v: 1")
			by.mu.Lock()
			seen := map[nacos.Key]bool{}
			for _, k := range by.about {
				seen[k] = true
			}
			by.mu.Unlock()
			if !seen[nacos.Key{}] || !seen[nacos.Key{Namespace: "dev", Group: group, DataID: "x.yaml"}] || len(seen) != 2 {
				t.Errorf("requests were signed about %v, want the config, and nothing for a listen", seen)
			}

			f.do(func() { f.signature = "two" }) // the key was rotated on the server
			err := second(c.Get(t.Context(), "x.yaml"))
			if !errors.Is(err, nacos.SignatureRejected) || !errors.Is(err, source.PermissionDenied) {
				t.Errorf("with the old key: %v, want %v", err, nacos.SignatureRejected)
			}
			by.set(func() { by.key = "two" })
			if err := second(c.Get(t.Context(), "x.yaml")); err != nil {
				t.Errorf("with the new key: %v", err)
			}

			for name, spoil := range map[string]func(){
				"fails":  func() { by.err = errors.New("canary") },
				"panics": func() { by.panic = true },
				"hangs":  func() { by.hang = true },
			} {
				by.set(spoil)
				begin := time.Now()
				err := second(c.Get(t.Context(), "x.yaml"))
				want := nacos.SigningFailed
				if name == "hangs" {
					want = nacos.NoResponse
				}
				if took := time.Since(begin); !errors.Is(err, want) || testrun.Full() && took > 10*time.Second {
					t.Errorf("a signer that %s: %v after %v, want %v", name, err, took, want)
				}
				by.set(func() { by.err, by.panic, by.hang = nil, false, false })
			}
		})
}

func TestSignerNeedsAFunction(t *testing.T) {
	t.Parallel()
	if _, err := nacos.NewClient(nacos.Config{Servers: []string{"h"}, Signer: &nacos.Signer{}}); !errors.Is(err, nacos.InvalidConfig) {
		t.Errorf("NewClient with a signer that has no function: %v, want %v", err, nacos.InvalidConfig)
	}
}
