package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/source"
)

// killable is a repository of ten documents in five stages, and the server of its environment: the
// real one that NACRE_NACOS_ADDR names, or one in the process. It has a group of its own.
type killable struct {
	t      *testing.T
	client *nacos.Client
	proxy  *proxy
	dir    string
	group  string
}

// newRepository returns an empty repository, and a group of its own on the server.
func newRepository(t *testing.T) *killable {
	t.Helper()
	addr := os.Getenv("NACRE_NACOS_ADDR")
	if addr == "" {
		srv, err := nacostest.Start(nacostest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(srv.Close)
		addr = srv.Addr()
	}
	k := &killable{t: t, proxy: newProxy(t, addr), dir: t.TempDir(), group: fmt.Sprintf("kill-%08x", rand.Uint32())}
	var err error
	k.client, err = nacos.NewClient(nacos.Config{
		Servers: []string{addr}, Group: k.group, Username: os.Getenv("NACRE_NACOS_USERNAME"), Password: nacos.NewPassword(os.Getenv("NACRE_NACOS_PASSWORD")),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.client.Close() })
	return k
}

func newKillable(t *testing.T) *killable {
	t.Helper()
	k := newRepository(t)
	var b strings.Builder
	b.WriteString("version: 1\nmanifest: {data_id: release.yaml}\nenvironments:\n  prod:\n    documents:\n")
	for i := range 10 {
		fmt.Fprintf(&b, "    - {file: %s, stage: %d}\n", document(i), 1+i/2)
		k.write("base/"+document(i), fmt.Sprintf("v: new\nn: %d\n", i))
		if err := k.client.Publish(t.Context(), document(i), fmt.Appendf(nil, "v: old\nn: %d\n", i)); err != nil {
			t.Fatal(err)
		}
	}
	k.write("nacre.yaml", b.String())
	for i := range 10 {
		k.until("the old content of "+document(i), func() bool { return strings.HasPrefix(k.get(document(i)), "v: old") })
	}
	return k
}

// percentageOf is the routing document of a release by steps, with a percentage.
func percentageOf(n int) string {
	return fmt.Sprintf("rules:\n- {name: canary, match: {percentage: %d}, documents: [d0.yaml, d1.yaml]} # on its way\n- documents: [d0.yaml]\n", n)
}

// newSteps returns a repository whose release changes a document and raises a percentage from 0.
func newSteps(t *testing.T) *killable {
	t.Helper()
	k := newRepository(t)
	k.write("nacre.yaml", "version: 1\ndocuments: [d0.yaml, d1.yaml, {file: routes.yaml, kind: routes, stage: 2}]\nenvironments: {prod: }\n")
	k.write("base/routes.yaml", percentageOf(100))
	old := map[string]string{"routes.yaml": percentageOf(0)}
	for i := range 2 {
		k.write("base/"+document(i), fmt.Sprintf("v: new\nn: %d\n", i))
		old[document(i)] = fmt.Sprintf("v: old\nn: %d\n", i)
	}
	for name, text := range old {
		if err := k.client.Publish(t.Context(), name, []byte(text)); err != nil {
			t.Fatal(err)
		}
		k.until("the old content of "+name, func() bool { return k.get(name) == text })
	}
	return k
}

// percentage is the one that the server has. Any other content than those of the steps fails.
func (k *killable) percentage() int {
	k.t.Helper()
	text := k.get("routes.yaml")
	for _, n := range []int{0, 1, 10, 50, 100} {
		if text == percentageOf(n) {
			return n
		}
	}
	k.t.Errorf("the routing document is of no step: %q", text)
	return -1
}

func document(i int) string { return fmt.Sprintf("d%d.yaml", i) }

func (k *killable) write(name, text string) {
	k.t.Helper()
	path := filepath.Join(k.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		k.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		k.t.Fatal(err)
	}
}

// get returns the content on the server, and "" if there is none.
func (k *killable) get(dataID string) string {
	k.t.Helper()
	item, err := k.client.Get(k.t.Context(), dataID)
	if err != nil && !errors.Is(err, source.NotFound) {
		k.t.Errorf("%s: %v", dataID, err)
	}
	return string(item.Content)
}

// until waits for a condition: a server shows a publish after a moment.
func (k *killable) until(what string, condition func() bool) {
	k.t.Helper()
	for end := time.Now().Add(30 * time.Second); !condition(); {
		if time.Now().After(end) {
			k.t.Errorf("not within 30 s: %s", what)
			return
		}
		<-time.After(20 * time.Millisecond)
	}
}

// command is a process of nacre in the repository, behind the proxy.
func (k *killable) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(k.t.Context(), "nacre", args...)
	cmd.Dir = k.dir
	cmd.Env = append(os.Environ(), "NACOS_SERVER_ADDR="+k.proxy.addr, "NACOS_GROUP="+k.group, "HOME="+k.dir, "XDG_CONFIG_HOME=", "NACRE_CONFIG=",
		"NACOS_USERNAME="+os.Getenv("NACRE_NACOS_USERNAME"), "NACOS_PASSWORD="+os.Getenv("NACRE_NACOS_PASSWORD"), "USER=ann", "GORACE=atexit_sleep_ms=0")
	out := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

// run runs the command to its end.
func (k *killable) run(args ...string) (code int, out string) {
	k.t.Helper()
	k.proxy.arm(0, false, nil)
	cmd, text := k.command(args...)
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		k.t.Fatalf("nacre %q: %v\n%s", args, err, text)
	}
	return cmd.ProcessState.ExitCode(), text.String()
}

// must runs the command, which must succeed.
func (k *killable) must(args ...string) {
	k.t.Helper()
	if code, out := k.run(args...); code != 0 {
		k.t.Errorf("nacre %q ends with %d:\n%s", args, code, out)
	}
}

// runAndKill runs the command, and kills it with SIGKILL at a step. It returns the steps that it
// has taken.
func (k *killable) runAndKill(at int, after bool, args ...string) (steps int, wasKilled bool, out string) {
	k.t.Helper()
	cmd, text := k.command(args...)
	started := make(chan struct{})
	k.proxy.arm(at, after, func() {
		<-started
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			k.t.Error(err)
		}
	})
	err := cmd.Start()
	close(started)
	if err != nil {
		k.t.Fatal(err)
	}
	_ = cmd.Wait()
	k.proxy.disconnect()
	steps, wasKilled = k.proxy.taken()
	return steps, wasKilled, text.String()
}

// changed is the number of documents that have the new content, and counts the manifest too.
func (k *killable) changed() (n int) {
	k.t.Helper()
	for i := range 10 {
		if strings.HasPrefix(k.get(document(i)), "v: new") {
			n++
		}
	}
	if k.get("release.yaml") != "" {
		n++
	}
	return n
}

// named fails if a release is half done and the server does not say which one, and whose.
func (k *killable) named(when string) {
	k.t.Helper()
	if k.changed() == 0 {
		return
	}
	record := k.get("nacre.release.prod")
	if !strings.Contains(record, `"release": "r1`) || !strings.Contains(record, `"author": "ann"`) {
		k.t.Errorf("%s the half release has no name: %s", when, record)
	}
}

var (
	forward = []string{"apply", "prod.plan", "--release", "r1", "--reason", "a test"}
	back    = []string{"rollback", "prod", "r1", "--reason", "a test"}
)

// runsOf is how many seeded runs a test makes: all of them with NACRE_FULL, and on a real server.
func runsOf() int {
	switch {
	case testing.Short():
		return 4
	case os.Getenv("NACRE_NACOS_USERNAME") != "":
		return 10
	case os.Getenv("NACRE_FULL") != "" || os.Getenv("NACRE_NACOS_ADDR") != "":
		return 50
	}
	return 10
}

// A process that is killed with -9 at any step of a release of ten documents leaves a release that
// has a name, and that the next apply finishes and the next rollback undoes, even if those are
// killed too. The runs divide the steps among them.
func TestRealKilledProcess(t *testing.T) {
	t.Parallel()
	whole := newKillable(t)
	whole.must("plan", "prod", "--out", "prod.plan")
	total, _, out := whole.runAndKill(0, false, forward...)
	if n := whole.changed(); n != 11 || total < 30 {
		t.Fatalf("without a kill %d of 11 documents are published in %d steps:\n%s", n, total, out)
	}
	runs := runsOf()
	t.Logf("a release has %d steps", total)
	var wg sync.WaitGroup
	defer wg.Wait()
	atOnce := make(chan struct{}, 8) // a release waits for its server most of the time
	run := func(seed int) {
		atOnce <- struct{}{}
		defer func() { <-atOnce }()
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 26))
			at := 1 + seed*total/runs + random.IntN(1+total/runs)
			killAt(t, random, at)
			if t.Failed() {
				t.Logf("seed %d, killed at step %d of %d", seed, at, total)
			}
		})
	}
	for seed := range runs {
		wg.Go(func() { run(seed) })
	}
}

func killAt(t *testing.T, random *rand.Rand, at int) {
	t.Helper()
	k := newKillable(t)
	k.must("plan", "prod", "--out", "prod.plan")
	_, wasKilled, out := k.runAndKill(at, random.IntN(2) == 0, forward...)
	k.named("after the kill")
	onward := random.IntN(2) == 0
	if onward && random.IntN(2) == 0 { // the recovery is killed too
		_, _, more := k.runAndKill(1+random.IntN(at), random.IntN(2) == 0, forward...)
		k.named("after the second kill")
		out += more
	}
	if onward {
		k.must(forward...)
		if n := k.changed(); n != 11 {
			t.Errorf("after the second apply %d of 11 documents are published; the first one said:\n%s", n, out)
		}
		k.must("verify", "prod")
		return
	}
	code, said := k.run(back...)
	switch n := k.changed(); {
	case n != 0:
		t.Errorf("after the rollback %d documents are still published:\n%s%s", n, out, said)
	case code == 9 && wasKilled: // it was killed before it had a name, and so before it has published
	case code != 0:
		t.Errorf("the rollback ends with %d:\n%s", code, said)
	}
}

// A process that is killed with -9 at any step of a release that raises a percentage leaves a
// percentage of one of its steps, with all other documents published before. The same apply goes on
// from there, and a rollback restores everything.
func TestRealKilledSteps(t *testing.T) {
	t.Parallel()
	healthy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}}`)
	}))
	t.Cleanup(healthy.Close)
	climb := append(slices.Clone(forward), "--strategy", "canary", "--rule", "canary", "--steps", "1,10,50,100",
		"--prometheus", healthy.URL, "--healthy", "up", "--bake", "50ms")
	whole := newSteps(t)
	whole.must("plan", "prod", "--out", "prod.plan")
	total, _, out := whole.runAndKill(0, false, climb...)
	if whole.percentage() != 100 || total < 20 {
		t.Fatalf("without a kill the percentage is %d after %d steps:\n%s", whole.percentage(), total, out)
	}
	runs := max(runsOf()/2, 4)
	t.Logf("a release has %d steps", total)
	var wg sync.WaitGroup
	defer wg.Wait()
	for seed := range runs {
		wg.Go(func() {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				random := rand.New(rand.NewPCG(uint64(seed), 89))
				at := 1 + seed*total/runs + random.IntN(1+total/runs)
				k := newSteps(t)
				k.must("plan", "prod", "--out", "prod.plan")
				_, wasKilled, out := k.runAndKill(at, random.IntN(2) == 0, climb...)
				n := k.percentage()
				if n > 0 {
					if record := k.get("nacre.release.prod"); !strings.Contains(record, `"release": "r1"`) {
						t.Errorf("at %d %% the release has no name: %s", n, record)
					}
					if k.get("d0.yaml") != "v: new\nn: 0\n" || k.get("d1.yaml") != "v: new\nn: 1\n" {
						t.Errorf("at %d %% the other documents are not published", n)
					}
				}
				if random.IntN(2) == 0 {
					if k.must(climb...); k.percentage() != 100 {
						t.Errorf("after the second apply the percentage is %d; the first one said:\n%s", k.percentage(), out)
					}
					k.must("verify", "prod")
				} else {
					code, said := k.run(back...)
					if k.percentage() != 0 || k.get("d0.yaml") != "v: old\nn: 0\n" || k.get("d1.yaml") != "v: old\nn: 1\n" {
						t.Errorf("after the rollback the percentage is %d:\n%s%s", k.percentage(), out, said)
					}
					if code != 0 && !(code == 9 && wasKilled) { // 9: it was killed before it had a name
						t.Errorf("the rollback ends with %d:\n%s", code, said)
					}
				}
				if t.Failed() {
					t.Logf("seed %d, killed at step %d of %d, at %d %%", seed, at, total, n)
				}
			})
		})
	}
}

// Of two processes that apply at once, on two machines, one wins and the other one gets a conflict.
func TestRealTwoProcesses(t *testing.T) {
	t.Parallel()
	for round := range 3 {
		k := newKillable(t)
		k.must("plan", "prod", "--out", "prod.plan")
		k.proxy.arm(0, false, nil)
		var codes [2]int
		var outputs [2]string
		var wg sync.WaitGroup
		for i := range codes {
			wg.Go(func() {
				cmd, out := k.command("apply", "prod.plan", "--release", fmt.Sprint("r1.", i), "--reason", "race", "--state", filepath.Join(k.dir, fmt.Sprint("state", i)))
				var ended *exec.ExitError
				if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
					t.Error(err)
				}
				codes[i], outputs[i] = cmd.ProcessState.ExitCode(), out.String()
			})
		}
		wg.Wait()
		if codes != [2]int{0, 6} && codes != [2]int{6, 0} {
			t.Errorf("round %d: the codes are %v, want a winner and a conflict:\n%s\n%s", round, codes, outputs[0], outputs[1])
		}
		if n := k.changed(); n != 11 {
			t.Errorf("round %d: %d of 11 documents are published", round, n)
		}
		k.must("verify", "prod")
	}
}
