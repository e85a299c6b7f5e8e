//go:build !race

package sdktest_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/clients/config_client"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
	"github.com/nacre-go/nacre/providers/nacos/nacossdk"
	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

// The SDK's own client races with itself, so these tests do not run under the race detector; those
// with a scripted one do.

const (
	group    = "DEFAULT_GROUP"
	noFaults = "a server that others use is not made to misbehave; nacostest is"
	noMD5    = "the SDK does not pass the server's md5 on, so a content cannot be spoilt"
	leaves   = "the SDK's client leaves goroutines behind, and is not the source's to close; nacossdk's own tests find what that leaves"
	noEmpty  = "Nacos stores no empty content, and the SDK says the same of an empty one and of none"
)

func newClient(t *testing.T, addr, user, password string) config_client.IConfigClient {
	t.Helper()
	host, text, _ := strings.Cut(addr, ":")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, strings.ReplaceAll(t.Name(), "/", "-"))
	c, err := clients.NewConfigClient(vo.NacosClientParam{
		ClientConfig: constant.NewClientConfig(
			constant.WithTimeoutMs(3000), constant.WithNotLoadCacheAtStart(true), constant.WithLogDir(filepath.Join(dir, "log")),
			constant.WithCacheDir(filepath.Join(dir, "cache")), constant.WithLogLevel("error"), constant.WithDisableUseSnapShot(true),
			constant.WithUsername(user), constant.WithPassword(password),
		),
		ServerConfigs: []constant.ServerConfig{*constant.NewServerConfig(host, port)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseClient)
	// The SDK adds a client to a map of the process at its first request, and reads that map
	// without a lock at each request: a client that makes its first request while another one is
	// in use can end the process. So tests make all of their clients before they use one.
	_, _ = c.GetConfig(vo.ConfigParam{DataId: "none", Group: group}) // an absent document is fine
	return c
}

func wrap(t *testing.T, c config_client.IConfigClient) *nacossdk.Client {
	t.Helper()
	wrapped, err := nacossdk.New(c, nacossdk.ReconcileEvery(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return wrapped
}

func start(t *testing.T) *fakenacos.Server {
	t.Helper()
	srv, err := fakenacos.Start(fakenacos.Options{DumpDelay: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

// cannot returns the cases that do not run, with the reasons. Two wait for limits of the SDK, so
// that only a full run has them.
func cannot() map[string]string {
	all := map[string]string{"EmptyIsNoAbsence": noEmpty, "AbsentIsNotEmpty": noEmpty, "NoValueInErrors": noMD5, "NoGoroutineStays": leaves}
	if !testrun.Full() {
		all["NoChangeIsLost"] = "it waits 19 s for the SDK, which reads five times a second at most"
		all["EndOfErrorIsTold"] = "it waits 12 s for the SDK to connect again"
	}
	return all
}

// The SDK reads a data ID five times a second at most, counted over all clients of the process:
// each case has a data ID of its own, so that none waits for what the others have read.
func TestConformance(t *testing.T) {
	t.Parallel()
	type origin struct {
		srv *fakenacos.Server
		sdk config_client.IConfigClient
	}
	const most = 30 // cases
	origins := make(chan origin, most)
	for range most {
		srv := start(t)
		origins <- origin{srv, newClient(t, srv.Addr(), "", "")}
	}
	var n atomic.Int32
	sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
		t.Helper()
		id := fmt.Sprintf("suite-%d.json", n.Add(1))
		if n.Load() > most {
			t.Fatalf("there are more than %d cases", most)
		}
		o := <-origins
		srv, c := o.srv, wrap(t, o.sdk)
		var made []source.Source
		return sourcetest.Harness{
			Source: func() source.Source {
				s := c.Source(id)
				made = append(made, s)
				return s
			},
			Put: func(_ context.Context, v sourcetest.Values) error {
				return srv.Put("", group, id, string(v.Encode(source.FormatJSON)))
			},
			Delete: func(context.Context) error {
				srv.Delete("", group, id)
				srv.Flush()
				return nil
			},
			Break:  func(context.Context) error { srv.Stop(); return nil },
			Repair: func(ctx context.Context) error { return srv.Start(ctx, true) },
			Wakeups: func(_ context.Context, f sourcetest.Fault) error {
				faults := srv.Faults()
				faults.DropPushes(0)
				faults.DoublePushes(0)
				faults.ReorderPushes(0)
				switch f {
				case sourcetest.Lost:
					faults.DropPushes(fakenacos.Always)
				case sourcetest.Doubled:
					faults.DoublePushes(fakenacos.Always)
				case sourcetest.Held:
					faults.ReorderPushes(1000)
				}
				return nil
			},
			Close: func() error {
				for _, s := range made {
					closed(t, s)
				}
				return nil
			},
			Settles: 15 * time.Second, // the SDK takes three to connect again, more on a busy machine
			Quiet:   300 * time.Millisecond,
			Cannot:  cannot(),
		}
	})
}

// The same suite against a server that the environment names, with a data ID for each case, which
// is deleted afterwards.
func TestRealConformance(t *testing.T) {
	addr := os.Getenv("NACRE_NACOS_ADDR")
	if addr == "" {
		t.Skip("set NACRE_NACOS_ADDR=host:port (and NACRE_NACOS_USERNAME, NACRE_NACOS_PASSWORD) to run this against a real server")
	}
	run := fmt.Sprintf("nacre-%08x", rand.Uint32())
	sdk := newClient(t, addr, os.Getenv("NACRE_NACOS_USERNAME"), os.Getenv("NACRE_NACOS_PASSWORD"))
	var n atomic.Int32
	sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
		t.Helper()
		id := fmt.Sprintf("%s-%d.json", run, n.Add(1))
		c := wrap(t, sdk)
		key := vo.ConfigParam{DataId: id, Group: group}
		t.Cleanup(func() { _, _ = sdk.DeleteConfig(key) })
		var made []source.Source
		return sourcetest.Harness{
			Source: func() source.Source {
				s := c.Source(id)
				made = append(made, s)
				return s
			},
			Put: func(ctx context.Context, v sourcetest.Values) error {
				text := string(v.Encode(source.FormatJSON))
				return patiently(ctx, func() error {
					_, err := sdk.PublishConfig(vo.ConfigParam{DataId: id, Group: group, Content: text})
					return err
				})
			},
			Delete: func(ctx context.Context) error {
				return patiently(ctx, func() error {
					_, err := sdk.DeleteConfig(key)
					return err
				})
			},
			Close: func() error {
				for _, s := range made {
					closed(t, s)
				}
				return nil
			},
			Settles: 15 * time.Second, // a server that is written to this fast takes seconds to show it
			Quiet:   time.Second,
			Cannot: map[string]string{
				"EmptyIsNoAbsence": noEmpty, "AbsentIsNotEmpty": noEmpty,
				"LostWakeups": noFaults, "DoubledWakeups": noFaults, "LateAndReorderedWakeups": noFaults,
				"SameErrorWakesNobody": noFaults, "EndOfErrorIsTold": noFaults, "ErrorAtFirst": noFaults, "NoValueInErrors": noMD5,
				"NoGoroutineStays": leaves,
			},
		}
	})
}

// patiently tries again while the SDK's client is not connected yet.
func patiently(ctx context.Context, do func() error) (err error) {
	for range 20 {
		if err = do(); err == nil {
			return nil
		}
		if pause(ctx, 200*time.Millisecond) != nil {
			break
		}
	}
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func closed(t *testing.T, s source.Source) {
	t.Helper()
	if err := s.(io.Closer).Close(); err != nil {
		t.Error(err)
	}
}

// until reads a source until its content is text.
func until(t *testing.T, src source.Source, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var rev source.Revision
	for ctx.Err() == nil {
		got, err := src.Next(ctx, rev)
		if err != nil {
			continue
		}
		rev = got.Revision
		if string(got.Documents[0].Data) == text {
			return
		}
	}
	t.Fatalf("%v did not come to %q", src, text)
}

// A hundred configs that change together, of which the SDK loses most, are all fresh within the
// bound.
func TestBurst(t *testing.T) {
	srv := start(t)
	c := wrap(t, newClient(t, srv.Addr(), "", ""))
	var all []source.Source
	for i := range 100 {
		src := c.Source(fmt.Sprintf("%d.yaml", i))
		defer closed(t, src)
		all = append(all, src)
	}
	for round := range 3 {
		text := fmt.Sprintf("v: %d", round)
		for i := range all {
			if err := srv.Publish("", group, fmt.Sprintf("%d.yaml", i), text); err != nil {
				t.Fatal(err)
			}
		}
		begin := time.Now()
		for _, src := range all {
			until(t, src, text)
		}
		took := time.Since(begin)
		t.Logf("round %d: all fresh %v after the last publish", round, took.Round(time.Millisecond))
		if testrun.Full() && took > 10*time.Second {
			t.Errorf("with a reconcile every second, 100 configs were fresh after %v", took)
		}
	}
}
