package nacre_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// selfish is a config that must not be copied once it was validated: it knows where it is, as an
// index of pointers, a cache or a lock does.
type selfish struct {
	Users []selfishUser `config:"users"`
	Limit int           `config:"limit" validate:"lte=100"`
	Redis selfishRedis  `config:"redis"`

	self   *selfish
	byName map[string]*selfishUser
	mu     sync.Mutex
	locked bool
}

type selfishUser struct {
	Name string `config:"name"`
	Role string `config:"role"`
	self *selfishUser
}

type selfishRedis struct {
	Addr string `config:"addr"`
	self *selfishRedis
}

func (u *selfishUser) Validate() error  { u.self = u; return nil }
func (r *selfishRedis) Validate() error { r.self = r; return nil }

func (c *selfish) Validate() error {
	c.self, c.byName = c, map[string]*selfishUser{}
	for i := range c.Users {
		c.byName[c.Users[i].Name] = &c.Users[i]
	}
	c.mu.Lock() // a copy of a locked mutex is a mutex that nobody can unlock
	c.locked = true
	return nil
}

// whole says what is wrong with a config that was copied after its Validate.
func (c *selfish) whole() error {
	if c.self != c {
		return errors.New("the value is not the one whose Validate was called")
	}
	if c.Redis.self != &c.Redis {
		return errors.New("a struct in the value is not the one whose Validate was called")
	}
	for i := range c.Users {
		if u := &c.Users[i]; c.byName[u.Name] != u || u.self != u {
			return errors.New("the index that Validate made leads out of the value")
		}
	}
	if !c.locked || c.mu.TryLock() {
		return errors.New("the lock that Validate took is another one")
	}
	return nil
}

func itself(c *selfish) *selfish { return c }

func never(_, _ *selfish) bool { return false }

func sameLimit(a, b *selfish) bool { return a.Limit == b.Limit }

// What Validate and the builds of a version have seen is, to the address, what everybody gets who
// asks for that version.
func TestTheValueThatWasValidatedIsTheOneThatIsLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New("a.yaml", []byte("users: [{name: ann}, {name: bob}]\nlimit: 1\nredis: {addr: 'r1:1'}"))
		other := memory.New("b.yaml", []byte("{}"))
		cfg, err := nacre.OpenWith[selfish](t.Context(), quiet, m, other)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()

		built, err := nacre.Derive(t.Context(), cfg, itself, func(_ context.Context, c *selfish) (*selfish, error) {
			return c, c.whole()
		}, nil, nacre.EqualBy(sameLimit))
		if err != nil {
			t.Fatal(err)
		}
		var told *selfish
		nacre.Subscribe(cfg, itself, func(_ context.Context, ch nacre.Change[*selfish]) error {
			told = ch.New
			return nil
		}, nacre.EqualBy(never), nacre.InitialCall())
		var probed *selfish
		nacre.AutoRollback(cfg, func(_ context.Context, c *selfish) error { probed = c; return nil }, nacre.RollbackCheckInterval(100*time.Millisecond))

		check := func(when string, changed bool) {
			t.Helper()
			settle()
			live := cfg.Get()
			if err := live.whole(); err != nil {
				t.Errorf("%s: %v", when, err)
			}
			if cfg.Snapshot().Value != live {
				t.Errorf("%s: Snapshot has another value than Get", when)
			}
			if cfg.FromContext(cfg.NewContext(t.Context())) != live {
				t.Errorf("%s: a context holds another value than Get returns", when)
			}
			if built.Get() != live {
				t.Errorf("%s: the build was given another value than Get returns", when)
			}
			if told != live {
				t.Errorf("%s: a subscriber was given another value than Get returns", when)
			}
			if changed && probed != live {
				t.Errorf("%s: a probe was given another value than Get returns", when)
			}
		}
		check("at the start", false)
		first := cfg.Get()

		m.Set([]byte("users: [{name: ann}, {name: bob}]\nlimit: 2\nredis: {addr: 'r1:1'}"))
		check("after a change", true)
		second := cfg.Get()

		if _, err := cfg.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		check("after a rollback", false)
		if cfg.Get() != first {
			t.Error("a rollback made a copy of the value that was validated")
		}
		if _, err := cfg.Pin(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		check("after a pin", false)
		if _, err := cfg.Pin(t.Context(), 4); err != nil {
			t.Fatal(err)
		}
		if _, err := cfg.Pin(t.Context(), 2); err != nil { // the same value as the one that is live, in a version of its own
			t.Fatal(err)
		}
		check("after a pin of the version that the live one came from", false)
		if cfg.Get() != second || cfg.Snapshot().Version != 5 {
			t.Errorf("version %d is live with another value than version 2 had", cfg.Snapshot().Version)
		}
		if v, err := cfg.Rollback(t.Context()); err != nil || v != 6 || cfg.Get() != second {
			t.Errorf("a rollback to version 4, which has the value of version 5, is version %d, %v", v, err)
		}
		if err := cfg.Unpin(t.Context()); err != nil {
			t.Fatal(err)
		}

		// Two contents, one of them bad: the good one is rehearsed before it is applied.
		m.Set([]byte("users: [{name: ann}, {name: cid}]\nlimit: 3\nredis: {addr: 'r1:1'}"))
		other.Set([]byte("limit: 1000"))
		check("after a change of which a part was refused", true)
		if cfg.Get().Limit != 3 {
			t.Errorf("limit is %d, want that of the good layer", cfg.Get().Limit)
		}
	})
}

func TestASectionsValueIsTheOneThatWasValidated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, m := open[selfish](t, quiet, "users: [{name: ann}]\nredis: {addr: 'r1:1'}")
		before := cfg.Get()
		redis := section[selfishRedis](t, cfg, "redis")
		if cfg.Get() != before || cfg.Get().whole() != nil {
			t.Error("a section that came made a copy of the service's own value")
		}
		var told *selfishRedis
		nacre.Subscribe(redis, func(r *selfishRedis) *selfishRedis { return r }, func(_ context.Context, ch nacre.Change[*selfishRedis]) error {
			told = ch.New
			return nil
		}, nacre.InitialCall())
		check := func(when string) {
			t.Helper()
			settle()
			live := redis.Get()
			if live.self != live {
				t.Errorf("%s: the section's value is not the one whose Validate was called", when)
			}
			if redis.Snapshot().Value != live || told != live {
				t.Errorf("%s: Snapshot or a subscriber has another value than Get", when)
			}
			if err := cfg.Get().whole(); err != nil {
				t.Errorf("%s: of the service's own value: %v", when, err)
			}
		}
		check("when it came")
		first := redis.Get()
		m.Set([]byte("users: [{name: ann}]\nredis: {addr: 'r2:1'}"))
		check("after a change")
		if _, err := cfg.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		check("after a rollback")
		if redis.Get() != first {
			t.Error("a rollback made a copy of the section's value")
		}
		last := redis.Get()
		if err := redis.Close(); err != nil {
			t.Fatal(err)
		}
		if redis.Get() != last || cfg.Get().whole() != nil {
			t.Error("Close of the section made a copy of a value")
		}
	})
}

// Whoever asks while versions come and go, back and forth, sees their numbers rise, and the value
// that belongs to the number.
func TestVersionsOnlyRiseWhileOneGoesBackAndForth(t *testing.T) {
	t.Parallel()
	type numbered struct {
		N int `config:"n"`
	}
	m := memory.New("a.yaml", []byte("n: 1"))
	o := quiet
	o.Window, o.History = -1, 50
	cfg, err := nacre.OpenWith[numbered](t.Context(), o, m)
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	part, err := nacre.Section[numbered](t.Context(), cfg, "")
	if source.KindOf(err) != source.InvalidArgument || part != nil {
		t.Fatalf("a section of the whole was given: %v", err)
	}
	changed := make(chan struct{}, 1)
	nacre.Subscribe(cfg, func(c *numbered) int { return c.N }, func(context.Context, nacre.Change[int]) error {
		changed <- struct{}{}
		return nil
	})
	m.Set([]byte("n: 2"))
	<-changed

	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			last := int64(0)
			for {
				select {
				case <-stop:
					return
				default:
				}
				before := cfg.Get()
				s := cfg.Snapshot()
				if s.Version < last {
					t.Errorf("after version %d came version %d", last, s.Version)
				}
				if want := 2 - int(s.Version%2); s.Value.N != want {
					t.Errorf("version %d has n=%d, want %d", s.Version, s.Value.N, want)
				}
				last = s.Version
				_ = before
			}
		})
	}
	for range 500 {
		if _, err := cfg.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		select { // the subscriber may be behind
		case <-changed:
		default:
		}
	}
	close(stop)
	readers.Wait()
	select {
	case <-changed:
	default:
	}
}
