package nacos_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

func TestAppliedMD5IsReported(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.put("x.yaml", "a: 1")
		src := c.Config("x.yaml")
		r := follow(t, src)
		r.until("a: 1")
		time.Sleep(2 * time.Minute)
		if got := f.told("x.yaml"); got != "" {
			t.Errorf("a content that was read and not applied is reported as %q, want nothing", got)
		}
		src.Ack(r.rev, nil)
		time.Sleep(time.Second)
		if got := f.told("x.yaml"); got != sumOf("a: 1") {
			t.Errorf("a second after a content was applied %q is reported, want its md5", got)
		}
	})
}

func TestRejectedMD5IsNeitherReportedNorReadAgain(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.put("x.yaml", "a: 1")
		src := c.Config("x.yaml")
		r := follow(t, src)
		r.until("a: 1")
		src.Ack(r.rev, nil)
		f.put("x.yaml", "a: bad")
		r.until("a: bad")
		src.Ack(r.rev, errors.New("no good"))
		reads := len(f.calls("ConfigQueryRequest"))
		r.quiet(10*time.Minute, "a content that it has seen rejected")
		if got := f.told("x.yaml"); got != sumOf("a: 1") {
			t.Errorf("after a rejection %q is reported, want the md5 of what is live", got)
		}
		if got := len(f.calls("ConfigQueryRequest")) - reads; got != 0 {
			t.Errorf("a rejected content was read %d times more in ten minutes, want none", got)
		}

		// What comes after it is seen, push or no push: another content, and the one that is live.
		f.do(func() { f.lost = true })
		for _, text := range []string{"a: 3", "a: bad", "a: 1"} {
			f.put("x.yaml", text)
			begin := time.Now()
			r.until(text)
			if took := time.Since(begin); took > 34*time.Second {
				t.Errorf("%q in place of a rejected content was seen after %v", text, took)
			}
			src.Ack(r.rev, errors.New("no good"))
		}
	})
}

func TestReadsAreSingleFlight(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.put("x.yaml", "a: 0")
		r := follow(t, c.Config("x.yaml"))
		r.until("a: 0")
		time.Sleep(time.Second)
		f.do(func() { f.latency = 800 * time.Millisecond })
		reads := len(f.calls("ConfigQueryRequest"))
		for i := range 50 {
			f.put("x.yaml", fmt.Sprintf("a: %d", i+1))
			time.Sleep(10 * time.Millisecond)
		}
		begin := time.Now()
		r.until("a: 50")
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("what was pushed during a read was seen after %v: the reconcile had to find it", took)
		}
		time.Sleep(10 * time.Second)
		if got := len(f.calls("ConfigQueryRequest")) - reads; got > 2 {
			t.Errorf("50 pushes during one read led to %d reads, want that one and one after it", got)
		}
		f.do(func() {
			if acks := len(f.links[0].acks); acks != 50 {
				t.Errorf("%d of 50 pushes were acknowledged", acks)
			}
		})
	})
}

func TestWrongMD5IsDiscardedAndReadAgain(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
		f.put("x.yaml", "a: 1")
		r := follow(t, c.Config("x.yaml"))
		r.until("a: 1")
		f.do(func() { f.lie = 2 })
		f.put("x.yaml", "a: 2")
		begin := time.Now()
		if d, err := r.next(); err != nil || string(d.Data) != "a: 2" {
			t.Errorf("after two answers with a wrong md5 Next returned %q and %v, want the third answer and no error", d.Data, err)
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("two retries took %v", took)
		}
		synctest.Wait()
		if n := len(log.list(nacos.EventContentDiscarded)); n != 2 {
			t.Errorf("%d discarded contents were told, want 2", n)
		}

		f.do(func() { f.lie = -1 })
		f.put("x.yaml", "a: 3")
		err := r.trouble()
		var e *source.Error
		if !errors.As(err, &e) || e.Kind != source.Corrupt || e.Document != "public/DEFAULT_GROUP/x.yaml" || e.Fix == "" {
			t.Errorf("a wrong md5 that lasts is told as %v, want corrupt, the document and a fix", err)
		}
		reads := len(f.calls("ConfigQueryRequest"))
		time.Sleep(10 * time.Minute)
		if got := len(f.calls("ConfigQueryRequest")) - reads; got < 15 || got > 60 {
			t.Errorf("a wrong md5 that lasts was read %d times in ten minutes, want retries up to 30 s apart", got)
		}
		f.do(func() { f.lie = 0 })
		r.until("a: 3")
	})
}

func TestEmptyIsNotAbsent(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		r := follow(t, c.Config("x.yaml"))
		seen := map[source.Revision]string{}
		for _, step := range []struct {
			text   string
			absent bool
		}{{"", true}, {"", false}, {"", true}, {"a: 1", false}, {"", false}, {"a: 1", false}, {"", true}} {
			if step.absent {
				f.delete("x.yaml")
			} else {
				f.put("x.yaml", step.text)
			}
			d, err := r.next()
			if err != nil || d.Absent != step.absent || string(d.Data) != step.text {
				t.Fatalf("absent=%v %q came as absent=%v %q, error %v", step.absent, step.text, d.Absent, d.Data, err)
			}
			state := fmt.Sprint(step)
			if was, ok := seen[r.rev]; ok && was != state {
				t.Errorf("states %s and %s have one revision", was, state)
			}
			seen[r.rev] = state
		}
	})
}

func TestMissingConfigIsNotFound(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.put("x.yaml", "a: 1")
		src := c.Config("x.yaml")
		r := follow(t, src)
		r.until("a: 1")
		f.delete("x.yaml")
		if err := r.trouble(); !errors.Is(err, source.NotFound) {
			t.Errorf("a deleted config is told as %v, want not found", err)
		}
		time.Sleep(time.Hour)
		if age := time.Since(src.VerifiedAt()); age > 33*time.Second {
			t.Errorf("that the config is missing was proven %v ago, want at most 33 s", age)
		}
		if n := len(f.calls("ConfigQueryRequest")); n > 3 {
			t.Errorf("%d reads of a config that is missing; the reconcile proves that without", n)
		}
		f.put("x.yaml", "a: 1")
		r.until("a: 1")
	})
}

func TestOneKeyIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.put("x.yaml", "a: 1")
		one, two := c.Config("x.yaml"), c.Config("x.yaml")
		other, err := nacos.NewClientVia(f, nacos.Config{Servers: []string{"a:8848"}})
		if err != nil {
			t.Fatal(err)
		}
		three := other.Config("x.yaml")
		readers := []*reader{follow(t, one), follow(t, two), follow(t, three)}
		for _, r := range readers {
			r.until("a: 1")
		}
		if n := len(f.calls("ConfigQueryRequest")); n != 1 {
			t.Errorf("three sources of a key led to %d reads, want 1", n)
		}
		f.do(func() {
			if len(f.links) != 1 {
				t.Errorf("two clients of the same settings have %d connections, want 1", len(f.links))
			}
		})
		if st := c.Status(); st.Keys != 1 {
			t.Errorf("three sources of a key are %d keys in the table, want 1", st.Keys)
		}

		// The process has applied what all of its sources have.
		one.Ack(readers[0].rev, nil)
		two.Ack(readers[1].rev, nil)
		time.Sleep(time.Minute)
		if got := f.told("x.yaml"); got != "" {
			t.Errorf("two of three sources have applied the content and %q is reported", got)
		}
		three.Ack(readers[2].rev, nil)
		time.Sleep(time.Second)
		if got := f.told("x.yaml"); got != sumOf("a: 1") {
			t.Errorf("all sources have applied the content and %q is reported", got)
		}

		if err := other.Close(); err != nil {
			t.Error(err)
		}
		two.Close()
		f.put("x.yaml", "a: 2")
		readers[0].until("a: 2")
		if _, err := readers[1].next(); !errors.Is(err, source.Closed) {
			t.Errorf("a closed source tells %v", err)
		}
		one.Close()
		one.Close()
		time.Sleep(time.Second)
		f.do(func() {
			if f.links[0].listens[group+"/x.yaml"] {
				t.Error("the last source was closed and the key is still listened to")
			}
		})
		again := follow(t, c.Config("x.yaml"))
		again.until("a: 2")
		f.put("x.yaml", "a: 3")
		begin := time.Now()
		again.until("a: 3")
		if took := time.Since(begin); took > time.Second {
			t.Errorf("a key that was closed and declared again got its change after %v: it is not listened to", took)
		}
	})
}

func TestManyKeysGoInChunks(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		const keys = 7000
		allRead(f.declare(t, c, keys))
		time.Sleep(time.Minute)
		most := 0
		for _, call := range f.calls("ConfigBatchListenRequest") {
			most = max(most, len(call.md5s))
		}
		if most != 1000 {
			t.Errorf("the largest listen has %d keys, want 1000: more is a message that weighs, fewer are requests for nothing", most)
		}
		if n := len(f.calls("ConfigQueryRequest")); n != keys {
			t.Errorf("%d reads of %d keys", n, keys)
		}
	})
}

// A server that says "changed" and has nothing else to give must not be read in a circle.
func TestServerThatContradictsItselfIsNotReadInACircle(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.put("x.yaml", "a: 1")
		r := follow(t, c.Config("x.yaml"))
		r.until("a: 1")
		stop := make(chan struct{})
		go func() {
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
					f.do(func() { f.pushLocked("x.yaml") }) // of nothing
				}
			}
		}()
		r.quiet(time.Minute, "pushes of nothing new")
		close(stop)
		if n := len(f.calls("ConfigQueryRequest")); n > 70 {
			t.Errorf("%d reads for 60 pushes of nothing", n)
		}
		reads := len(f.calls("ConfigQueryRequest"))
		r.quiet(10*time.Minute, "pushes had stopped")
		if n := len(f.calls("ConfigQueryRequest")) - reads; n > 3 {
			t.Errorf("%d reads after the pushes had stopped", n)
		}
		f.do(func() { f.nag = true })
		reads = len(f.calls("ConfigQueryRequest"))
		r.quiet(10*time.Minute, "listens that said 'changed' of what had not")
		if n := len(f.calls("ConfigQueryRequest")) - reads; n > 30 {
			t.Errorf("%d reads in ten minutes of a server that says 'changed' of what has not, want one for each reconcile", n)
		}
	})
}

func TestFormat(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		for _, tc := range []struct {
			id   string
			opts []nacos.SourceOption
			want string
		}{
			{"a.json", nil, "json"},
			{"b.properties", nil, "properties"},
			{"c", nil, "yaml"}, // what the server says
			{"d.json", []nacos.SourceOption{nacos.Format("TOML")}, "toml"},
			{"e", []nacos.SourceOption{nacos.Format("json"), nacos.AllowUnknown()}, "json"},
		} {
			f.put(tc.id, "x")
			d, err := follow(t, c.Config(tc.id, tc.opts...)).next()
			if err != nil || d.Format != tc.want {
				t.Errorf("%s has format %q and error %v, want %q", tc.id, d.Format, err, tc.want)
			}
			if d.Name != tc.id || d.Location != "public/DEFAULT_GROUP/"+tc.id || d.Modified.UnixMilli() != f.times[group+"/"+tc.id] ||
				d.Digest != "md5:"+sumOf("x") || d.AllowUnknown != (len(tc.opts) == 2) {
				t.Errorf("%s came as %+v", tc.id, d)
			}
		}
	})
}

// A type that is put right makes no other content, and is seen all the same by who has no other way
// to know the format.
func TestTypeIsPutRight(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.do(func() { f.typ = "text" })
		f.put("orders", "a: 1")
		r := follow(t, c.Config("orders"))
		if err := r.trouble(); !errors.Is(err, nacos.UnknownFormat) {
			t.Errorf("a config of type text is told as %v", err)
		}
		time.Sleep(10 * time.Minute)
		reads := len(f.calls("ConfigQueryRequest"))
		time.Sleep(10 * time.Minute)
		if n := len(f.calls("ConfigQueryRequest")) - reads; n > 25 {
			t.Errorf("%d reads within ten minutes of a config whose format is not known", n)
		}
		f.do(func() { f.typ = "yaml" })
		begin := time.Now()
		r.until("a: 1")
		if took := time.Since(begin); took > 34*time.Second {
			t.Errorf("the type was put right, and the content told after %v", took)
		}
	})
}

// While a server starts it answers a read with the code that also means "not found". That must not
// delete a config.
func TestStartingServerDeletesNothing(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.put("x.yaml", "a: 1")
		r := follow(t, c.Config("x.yaml"))
		r.until("a: 1")
		f.do(func() { f.starts = true; f.pushLocked("x.yaml") })
		for begin := time.Now(); time.Since(begin) < 5*time.Minute; {
			d, err := r.next()
			if err == nil && d.Absent {
				t.Fatal("a server that starts made the config absent")
			}
			if err != nil {
				break
			}
		}
		f.do(func() { f.starts = false })
		r.until("a: 1")
	})
}

// What is no answer of Nacos proves nothing and empties nothing, even if it says 200.
func TestOddAnswersProveNothing(t *testing.T) {
	t.Parallel()
	for _, odd := range []string{`{"resultCode":200}`, `{"resultCode":200,"content":""}`, `{}`, ` `, `<html>`, `[1]`} {
		bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
			f.put("x.yaml", "a: 1")
			src := c.Config("x.yaml")
			r := follow(t, src)
			r.until("a: 1")
			f.do(func() { f.odd = odd; f.pushLocked("x.yaml") })
			d, err := r.next()
			if err == nil {
				t.Errorf("an answer %q made a content of absent=%v %q", odd, d.Absent, d.Data)
			}
			proven := src.VerifiedAt()
			time.Sleep(10 * time.Minute)
			if src.VerifiedAt().After(proven) {
				t.Errorf("an answer %q counts as proof", odd)
			}
			if err := c.Publish(t.Context(), "x.yaml", []byte("a: 2")); err == nil {
				t.Errorf("an answer %q counts as a publish that succeeded", odd)
			}
			f.do(func() { f.odd = "" })
			r.until("a: 1")
		})
	}
}

// A key that the server takes for wrong is its own trouble and not that of those it is listened to
// with.
func TestOneBadKeyHarmsNoOther(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, func(f *cluster) { f.refuse = "bad.yaml" }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		var good []*reader
		bad := follow(t, c.Config("bad.yaml"))
		for i := range 50 {
			f.put(fmt.Sprintf("%d.yaml", i), "a: 1")
			good = append(good, follow(t, c.Config(fmt.Sprintf("%d.yaml", i))))
		}
		begin := time.Now()
		for _, r := range good {
			r.until("a: 1")
		}
		if err := bad.trouble(); !errors.Is(err, source.InvalidArgument) {
			t.Errorf("the key that the server takes for wrong is told as %v", err)
		}
		if err := c.WaitReady(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// What was to be told in one go with a message that went wrong is told as soon as that message is
// tried again, and does not wait for the reconcile.
func TestMessageThatFailsDelaysNoOther(t *testing.T) {
	t.Parallel()
	soon := func(t *testing.T, readers []*reader) {
		if took := allRead(readers); took > 3*time.Second {
			t.Errorf("it took %v until all keys were read", took)
		}
	}
	slow := func(f *cluster) { f.latency = 100 * time.Millisecond }
	t.Run("the first of three listens", func(t *testing.T) {
		t.Parallel()
		bubble(t, nacos.Config{}, slow, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
			if err := c.WaitReady(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.Config("first.yaml") // it is being listened to while the others are declared
			time.Sleep(50 * time.Millisecond)
			readers := f.declare(t, c, 2500)
			f.do(func() { f.failed = 1; f.latency = 0 })
			soon(t, readers)
		})
	})
	t.Run("the end of a listen", func(t *testing.T) {
		t.Parallel()
		bubble(t, nacos.Config{}, slow, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
			src := c.Config("first.yaml")
			if err := c.WaitReady(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.Config("second.yaml")
			time.Sleep(50 * time.Millisecond)
			src.Close()
			readers := f.declare(t, c, 1)
			f.do(func() { f.failed = 1; f.latency = 0 })
			soon(t, readers)
		})
	})
}

// A key that is given up while it is being listened to is not listened to for ever.
func TestKeyGivenUpWhileListening(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, func(f *cluster) { f.latency = 300 * time.Millisecond }, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		if err := c.WaitReady(t.Context()); err != nil {
			t.Fatal(err)
		}
		src := c.Config("x.yaml")
		time.Sleep(100 * time.Millisecond)
		src.Close()
		time.Sleep(2 * time.Second)
		f.do(func() {
			if f.links[0].listens[group+"/x.yaml"] {
				t.Error("the key was closed while the listen was under way, and is listened to still")
			}
		})
	})
}

// What was read before the server went is there for who asks later, and then that it went.
func TestUnseenContentGoesBeforeError(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.put("x.yaml", "a: 1")
		r := follow(t, c.Config("x.yaml"))
		time.Sleep(time.Second)
		f.do(func() { f.down["a:8848"] = true })
		f.cut()
		time.Sleep(time.Minute)
		if d, err := r.next(); err != nil || string(d.Data) != "a: 1" {
			t.Errorf("the first Next after the server went returned %q, %v, want what was read before", d.Data, err)
		}
		if _, err := r.next(); !errors.Is(err, source.Unavailable) {
			t.Errorf("the second Next says %v, want unavailable", err)
		}
		r.quiet(time.Hour, "an error that was told")
	})
}
