//go:build unix

package nacosonce_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/realnacos"
	"github.com/nacre-go/nacre/providers/nacos/nacosonce"
)

// childSettings are what a test gives to the processes that it starts, in the variable childEnv.
type childSettings struct {
	Servers                  []string
	Username, Password       string
	Document, Record, Target string
	Term                     time.Duration
	Work                     time.Duration // a run takes up to that long before its effect
}

// child is an instance of the fleet, in a process of its own. It ends when it is killed, or when
// its parent closes its standard input.
func child(settings string) int {
	var s childSettings
	if err := json.Unmarshal([]byte(settings), &s); err != nil {
		return 2
	}
	client, err := nacos.NewClient(nacos.Config{Servers: s.Servers, Username: s.Username, Password: nacos.NewPassword(s.Password)})
	if err != nil {
		return 2
	}
	cfg, err := nacre.OpenWith[service](context.Background(), nacre.Options{LastKnownGoodDisabled: true, Logger: silent, BootTimeout: time.Minute}, client.Source(s.Document))
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 2
	}
	_, err = fleetonce.Do(cfg, nacosonce.New(client, s.Record), "warm", func(ctx context.Context, run fleetonce.Run[service]) error {
		tell := func(what string) error {
			q := url.Values{"pid": {strconv.Itoa(os.Getpid())}, "token": {fmt.Sprint(run.Token)}, "attempt": {strconv.Itoa(run.Attempt)}, "version": {run.Version}, "size": {strconv.Itoa(run.Config.Cache.Size)}}
			r, err := http.Get(s.Target + what + "?" + q.Encode())
			if err == nil {
				err = r.Body.Close()
			}
			return err
		}
		if err := tell("/begin"); err != nil { // the parent may stop or kill this process here
			return err
		}
		if s.Work > 0 {
			<-time.After(rand.N(s.Work))
		}
		if ctx.Err() != nil && run.Config.Cache.Size%2 == 0 {
			return ctx.Err() // every second version, it looks at its context before its effect
		}
		return tell("/effect")
	}, fleetonce.Options{Keys: []string{"cache"}, Term: s.Term, Attempts: 50, Backoff: time.Second, Logger: silent})
	if err != nil {
		return 2
	}
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent has ended
	return 0
}

// target receives the effects of processes, and stops or kills those that run.
type target struct {
	mu       sync.Mutex
	token    int64
	version  string
	accepted []int
	refused  int
	seen     map[int]int // effects by size, as a target that checks nothing sees them
	problems []string
	changed  chan struct{}

	kill, pause func(pid int)
}

func (g *target) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	number := func(name string) int { n, _ := strconv.Atoi(r.FormValue(name)); return n }
	size, pid := number("size"), number("pid")
	token, _ := strconv.ParseInt(r.FormValue("token"), 10, 64)
	if r.URL.Path == "/begin" {
		if number("attempt") == 1 {
			switch size % 4 {
			case 1, 2:
				g.pause(pid) // for longer than another instance waits
			case 3:
				g.kill(pid)
			}
		}
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen[size]++
	if token <= g.token || r.FormValue("version") == g.version {
		g.token = max(g.token, token)
		g.refused++
		return
	}
	if len(g.accepted) > 0 && size <= g.accepted[len(g.accepted)-1] {
		g.problems = append(g.problems, fmt.Sprintf("size %d was accepted after %v", size, g.accepted))
	}
	g.token, g.version, g.accepted = token, r.FormValue("version"), append(g.accepted, size)
	select {
	case g.changed <- struct{}{}:
	default:
	}
}

// process is a child.
type process struct {
	cmd *exec.Cmd
	in  io.Closer // its standard input
}

// TestRealProcesses runs a fleet of processes that are stopped and killed while they run the hook.
func TestRealProcesses(t *testing.T) {
	t.Parallel()
	t.Run("nacostest", func(t *testing.T) {
		t.Parallel()
		if !testrun.Full() {
			t.Skip("it takes half a minute, and three processes")
		}
		_, cfg := startServer(t)
		processes(t, cfg, 3, 4)
	})
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		processes(t, realCluster(t), 12, 8)
	})
}

// realCluster returns the cluster or the server that the environment names.
func realCluster(t *testing.T) nacos.Config {
	t.Helper()
	cluster := os.Getenv("NACRE_NACOS_CLUSTER")
	if cluster == "" {
		return realnacos.Config(t)
	}
	return nacos.Config{
		Servers: strings.Split(cluster, ","), Username: os.Getenv("NACRE_NACOS_USERNAME"), Password: nacos.NewPassword(os.Getenv("NACRE_NACOS_PASSWORD")),
	}
}

func processes(t *testing.T, cfg nacos.Config, instances, versions int) {
	t.Helper()
	const term = 2 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	admin := newClient(t, cfg)
	document, record := newRecord(t, admin), newRecord(t, admin)
	publish := func(size int) {
		t.Helper()
		for {
			err := admin.Publish(ctx, document, fmt.Appendf(nil, "cache: {size: %d}", size), nacos.Type("yaml"))
			if err == nil {
				return
			}
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				t.Fatal(err)
			}
		}
	}
	publish(0)
	if err := fleetonce.Create(ctx, nacosonce.New(admin, record), "warm"); err != nil {
		t.Fatal(err)
	}

	g := &target{seen: map[int]int{}, changed: make(chan struct{}, 1)}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	settings, err := json.Marshal(childSettings{
		Servers: cfg.Servers, Username: cfg.Username, Password: os.Getenv("NACRE_NACOS_PASSWORD"), Document: document, Record: record, Target: server.URL, Term: term,
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &family{t: t, settings: string(settings), all: map[int]*process{}}
	t.Cleanup(f.end)
	g.kill = func(pid int) { f.kill(pid); f.start() }
	g.pause = func(pid int) {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
		time.AfterFunc(5*term, func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
		<-time.After(50 * time.Millisecond) // it stops soon, and not at once
	}
	for range instances {
		f.start()
	}
	for size := range versions {
		if size > 0 {
			publish(size)
		}
		for done := false; !done; {
			g.mu.Lock()
			done = len(g.accepted) > 0 && g.accepted[len(g.accepted)-1] == size
			g.mu.Unlock()
			select {
			case <-g.changed:
			case <-time.After(time.Second):
			case <-ctx.Done():
				r, err := nacosonce.New(admin, record).Load(context.WithoutCancel(ctx))
				t.Fatalf("size %d has no effect; accepted are %v, and the record is %s, %v", size, g.accepted, r.Data, err)
			}
		}
	}
	select { // for effects that come late
	case <-time.After(6 * term):
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.problems {
		t.Error(p)
	}
	if len(g.accepted) != versions {
		t.Errorf("a target that checks tokens had the effects %v, want each of %d once", g.accepted, versions)
	}
	t.Logf("%d processes: a target that checks nothing had %v effects by version; %d were refused", instances, g.seen, g.refused)
}

// family is the processes of a test.
type family struct {
	t        *testing.T
	settings string
	mu       sync.Mutex
	ended    bool
	all      map[int]*process
}

func (f *family) start() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+f.settings)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		f.t.Errorf("a process does not start: %v", err)
		return
	}
	f.all[cmd.Process.Pid] = &process{cmd, in}
}

// pids returns the processes that run or are stopped, in order.
func (f *family) pids() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.all))
}

func (f *family) kill(pid int) {
	f.mu.Lock()
	p := f.all[pid]
	delete(f.all, pid)
	f.mu.Unlock()
	if p != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

func (f *family) end() {
	f.mu.Lock()
	f.ended = true
	all := f.all
	f.all = nil
	f.mu.Unlock()
	for _, p := range all {
		_ = p.cmd.Process.Signal(syscall.SIGCONT)
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}
