package chaostest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// field is the servers of a run.
type field struct {
	nodes  []*node
	direct []string // the servers without proxies
	real   bool
}

// node is one server, behind its proxy.
type node struct {
	t      *testing.T
	proxy  *proxy
	folder string // of a real server's process; empty: the proxy plays what happens to it
}

// inProcess is one nacostest behind three proxies.
func inProcess(t *testing.T) *field {
	t.Helper()
	return inProcessAs(t, "")
}

// inProcessAs is inProcess with a version of the server.
func inProcessAs(t *testing.T, version string) *field {
	t.Helper()
	srv, err := nacostest.Start(nacostest.Options{Version: version, DumpDelay: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	f := &field{direct: []string{srv.Addr()}}
	for range 3 {
		f.nodes = append(f.nodes, &node{t: t, proxy: newProxy(t, srv.Addr(), "127.0.0.1:"+strconv.Itoa(srv.Port()+1000))})
	}
	return f
}

// realCluster is what the launcher has started.
func realCluster(t *testing.T) *field {
	t.Helper()
	addrs := os.Getenv("NACRE_NACOS_CLUSTER")
	if addrs == "" {
		t.Skip("run it by: bash ci/nacos/nacos.sh run --cluster go test ./providers/nacos/chaostest")
	}
	f := &field{direct: strings.Split(addrs, ","), real: true}
	folders := strings.Split(os.Getenv("NACRE_NACOS_FOLDERS"), ",")
	for i, addr := range f.direct {
		host, port, _ := strings.Cut(addr, ":")
		n, err := strconv.Atoi(port)
		if err != nil || len(folders) != len(f.direct) {
			t.Fatalf("the environment names %q in %d folders", addrs, len(folders))
		}
		f.nodes = append(f.nodes, &node{t: t, folder: folders[i], proxy: newProxy(t, addr, host+":"+strconv.Itoa(n+1000))})
	}
	return f
}

// length is a time that is shorter where nothing real needs it.
func (f *field) length(d time.Duration) time.Duration {
	if f.real {
		return d
	}
	return min(d/10, 2*time.Second)
}

// config names the servers through their proxies.
func (f *field) config(who string) nacos.Config {
	c := nacos.Config{AppName: "chaos", InstanceID: who}
	for _, n := range f.nodes {
		c.Servers = append(c.Servers, n.proxy.addr())
	}
	return c
}

func (f *field) connections() (n int) {
	for _, x := range f.nodes {
		n += x.proxy.connections()
	}
	return n
}

// of returns the node that a client is connected to.
func (f *field) of(c *nacos.Client) *node {
	for _, n := range f.nodes {
		if n.proxy.name() == c.Status().Server {
			return n
		}
	}
	return f.nodes[0]
}

// process does something to the server's process.
func (n *node) process(do func(pid int) error) {
	data, err := os.ReadFile(filepath.Join(n.folder, "process"))
	pid, _, _ := strings.Cut(string(data), " ")
	id, bad := strconv.Atoi(pid)
	if err != nil || bad != nil {
		n.t.Errorf("the node's process: %v, %v", err, bad)
		return
	}
	if err := do(id); err != nil {
		n.t.Errorf("process %d of %v: %v", id, n, err)
	}
}

// kill ends the server at once; its data stay.
func (n *node) kill() {
	if n.folder == "" {
		n.proxy.set(weather{refuse: true})
		return
	}
	n.process(kill)
}

// start starts the server again, and returns when it takes writes.
func (n *node) start(ctx context.Context) {
	if n.folder == "" {
		n.proxy.set(weather{})
		return
	}
	launcher, err := filepath.Abs("../../../ci/nacos/nacos.sh")
	if err != nil {
		n.t.Error(err)
		return
	}
	// kill -9 is not at once: the launcher wants the process gone.
	for try := 0; ; try++ {
		out, err := exec.CommandContext(ctx, "bash", launcher, "again", n.folder).CombinedOutput()
		if err == nil {
			return
		}
		if !strings.Contains(string(out), "has not ended") || try > 50 || pause(ctx, 200*time.Millisecond) != nil {
			n.t.Errorf("the node does not start again: %v: %s", err, out)
			return
		}
	}
}

// halt stops the server where it stands, and resume lets it go on.
func (n *node) halt() {
	if n.folder == "" {
		n.proxy.set(weather{hole: true})
		return
	}
	n.process(halt)
}

func (n *node) resume() {
	if n.folder == "" {
		n.proxy.set(weather{})
		return
	}
	n.process(resume)
}

// startAll starts several at once: a cluster takes writes when most of it is there.
func startAll(ctx context.Context, nodes []*node) {
	var wg sync.WaitGroup
	for _, n := range nodes {
		wg.Go(func() { n.start(ctx) })
	}
	wg.Wait()
}

func (n *node) String() string { return fmt.Sprintf("node %s", n.proxy.name()) }
