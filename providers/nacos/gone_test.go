package nacos_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
)

// The server's list of listeners is what an operator looks at: a key that was given up is not in it
// any more, whatever went wrong meanwhile.
func TestGivenUpKeyIsListenedToNoLonger(t *testing.T) {
	t.Parallel()
	slow := func(f *cluster) { f.latency = 100 * time.Millisecond }
	// two keys that have been read and are listened to
	two := func(t *testing.T, f *cluster, c *nacos.Client) (x, y *reader) {
		f.put("x.yaml", "a: 1")
		f.put("y.yaml", "a: 1")
		x, y = follow(t, c.Config("x.yaml")), follow(t, c.Config("y.yaml"))
		x.until("a: 1")
		y.until("a: 1")
		time.Sleep(time.Second)
		return x, y
	}
	for name, tc := range map[string]struct {
		prepare func(*cluster)
		test    func(t *testing.T, f *cluster, c *nacos.Client)
	}{
		"its message fails": {nil, func(t *testing.T, f *cluster, c *nacos.Client) {
			x, _ := two(t, f, c)
			f.do(func() { f.failed = 1 })
			x.src.Close()
		}},
		"another one is refused": {nil, func(t *testing.T, f *cluster, c *nacos.Client) {
			x, y := two(t, f, c)
			f.do(func() { f.refuse = "y.yaml" })
			y.src.Close()
			x.src.Close()
		}},
		"declared anew, which fails, and given up again": {slow, func(t *testing.T, f *cluster, c *nacos.Client) {
			x, _ := two(t, f, c)
			c.Config("z.yaml") // it is being listened to meanwhile
			time.Sleep(50 * time.Millisecond)
			f.do(func() { f.failed, f.latency = 1, 0 })
			x.src.Close()
			again := c.Config("x.yaml")
			time.Sleep(60 * time.Millisecond)
			again.Close()
		}},
		"declared anew, and given up at once": {nil, func(t *testing.T, f *cluster, c *nacos.Client) {
			x, _ := two(t, f, c)
			f.do(func() { f.failed = 1 })
			x.src.Close()
			c.Config("x.yaml").Close()
		}},
		"while a listen of it has no answer": {nil, func(t *testing.T, f *cluster, c *nacos.Client) {
			if err := c.WaitReady(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.do(func() { f.latency = 6 * time.Second }) // the server takes it, and answers too late
			x := c.Config("x.yaml")
			time.Sleep(time.Second)
			x.Close()
			time.Sleep(4500 * time.Millisecond)
			f.do(func() { f.latency = 0 })
		}},
		"between two tries of the first comparison": {slow, func(t *testing.T, f *cluster, c *nacos.Client) {
			all := []*nacos.Source{c.Config("x.yaml")}
			for i := range 1500 {
				all = append(all, c.Config(fmt.Sprintf("%d.yaml", i)))
			}
			for len(f.calls("ConfigBatchListenRequest")) == 0 {
				time.Sleep(time.Millisecond)
			}
			f.do(func() { f.failed = 1 }) // the second of two messages
			time.Sleep(250 * time.Millisecond)
			for _, s := range all {
				s.Close()
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, nacos.Config{}, tc.prepare, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
				tc.test(t, f, c)
				time.Sleep(time.Minute)
				f.do(func() {
					if f.failed != 0 {
						t.Error("nothing has failed: the test shows nothing")
					}
				})
				if f.listening("x.yaml") {
					t.Error("a minute after it was given up, the key is listened to")
				}
				for i := range 1500 {
					if id := fmt.Sprintf("%d.yaml", i); f.listening(id) {
						t.Fatalf("a minute after they were given up, %s and maybe others are listened to", id)
					}
				}
			})
		})
	}
}

// What is live in the process is what all its sources have applied: where the one that had not is
// given up, that is told.
func TestAppliedIsToldWhenTheSourceThatHadNotIsGivenUp(t *testing.T) {
	t.Parallel()
	bubble(t, nacos.Config{}, nil, func(t *testing.T, f *cluster, c *nacos.Client, _ *events) {
		f.put("x.yaml", "a: 1")
		one, other := follow(t, c.Config("x.yaml")), follow(t, c.Config("x.yaml"))
		one.until("a: 1")
		other.until("a: 1")
		one.src.Ack(one.rev, nil)
		time.Sleep(time.Minute)
		if got := f.told("x.yaml"); got != "" {
			t.Errorf("one of two has applied the content, and %q is reported", got)
		}
		other.src.Close()
		time.Sleep(time.Second)
		if got := f.told("x.yaml"); got != sumOf("a: 1") {
			t.Errorf("the one that had not was given up, and %q is reported", got)
		}
	})
}
