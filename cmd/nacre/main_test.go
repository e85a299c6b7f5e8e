package main

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"nacre": main})
}

// examples is the folder of the examples. Scripts run elsewhere.
var examples, _ = filepath.Abs("../../examples") // it fails only without a working directory

// serverKey is the key under which a script has its server.
type serverKey struct{}

// The scripts in testdata run the command on a Nacos server of their own. Besides those of
// testscript, they have the commands
//
//	documents FOLDER N VERSION    writes a repository with N documents of a version
//	within DURATION PROGRAM ARGS  runs a program, which must not take longer on a real server
//	copyexample NAME FOLDER       copies an example of the repository
//	exits CODE PROGRAM ARGS...    runs a program, which must end with this exit code
//	metrics VARIABLE FILE         starts a Prometheus with the series of a file, and sets its URL; NOW is the time
//	metrics set FILE | fail CODE [TEXT] | age DURATION | require TOKEN | ok
//	prometheus VARIABLE VALUE     starts a Prometheus whose queries have that value, and sets its URL
//	put GROUP DATA-ID FILE        publishes, readable at once
//	remove GROUP DATA-ID          deletes a config
//	namespace ID                  makes a namespace
//	server stop | start | fail N CODE | nocas | ok
//	revision VARIABLE N CONFIG    sets a variable to the revision of the n-th change
//	listening GROUP DATA-ID FILE  waits until a listener has applied the content; - is an absent config
//	until PATTERN PROGRAM ARGS... runs a program until its output matches
//	held                          waits until a service holds a content
//	freeport VARIABLE             sets a variable to a port that, with the one 1000 above, is free
//	reaches ADDRESS               waits until something listens
//	rejected                      waits until a service has rejected a content
//	reverting VARIABLE DATA-ID    starts a service that reverts a pool of 66, after it has acted on it
//	busy VARIABLE DATA-ID         starts a service that never ends its work on a change
//	routed VARIABLE DATA-ID ID    starts an instance of orders with that ID on a routing document
//	service VARIABLE DATA-ID TAG  starts a service with that layer, and sets its address; the tag may be missing
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, params("testdata"))
}

// params are those of the scripts in a folder.
func params(dir string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			options := nacostest.Options{}
			if strings.HasPrefix(filepath.Base(env.WorkDir), "script-login") {
				options.Users = []nacostest.User{{Name: "ann", Password: "hunter2"}}
			}
			srv, err := nacostest.Start(options)
			if err != nil {
				return err
			}
			env.Defer(srv.Close)
			env.Values[serverKey{}], env.Values[rejectedKey{}], env.Values[heldKey{}] = srv, make(chan struct{}, 1), make(chan struct{}, 1)
			env.Values[metricsKey{}] = &metricsServer{}
			env.Setenv("SERVER", srv.Addr())
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("XDG_CONFIG_HOME", "")
			env.Setenv("NACOS_SERVER_ADDR", srv.Addr())
			env.Setenv("USER", "ann")
			env.Setenv("GORACE", "atexit_sleep_ms=0") // or each command takes a second longer with -race
			return os.MkdirAll(env.Getenv("HOME"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"copyexample": copyExample, "metrics": metrics, "documents": documents, "within": within, "prometheus": prometheus, "exits": exits, "put": put, "remove": remove, "namespace": namespace, "server": server, "routed": routed, "service": service, "reverting": reverting, "busy": busy, "revision": revision, "listening": listening, "rejected": rejected, "held": held, "until": until, "freeport": freeport, "reaches": reaches,
		},
	}
}

func serverOf(ts *testscript.TestScript) *nacostest.Server {
	return ts.Value(serverKey{}).(*nacostest.Server)
}

func prometheus(ts *testscript.TestScript, _ bool, args []string) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,%q]}]}}`, args[1])
	}))
	ts.Defer(srv.Close)
	ts.Setenv(args[0], srv.URL)
}

func copyExample(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(filepath.Join(examples, args[0]))))
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if neg || err != nil {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func put(ts *testscript.TestScript, _ bool, args []string) {
	if ts.Getenv("REAL") != "" {
		putReal(ts, args[0], args[1], ts.ReadFile(args[2]))
		return
	}
	ts.Check(serverOf(ts).Put(ts.Getenv("IN_NAMESPACE"), args[0], args[1], ts.ReadFile(args[2])))
}

func remove(ts *testscript.TestScript, _ bool, args []string) {
	srv := serverOf(ts)
	srv.Delete(ts.Getenv("IN_NAMESPACE"), args[0], args[1])
	srv.Flush()
}

func namespace(ts *testscript.TestScript, _ bool, args []string) {
	answer, err := http.PostForm(serverOf(ts).URL()+"/v1/console/namespaces", url.Values{"customNamespaceId": {args[0]}, "namespaceName": {args[0]}, "namespaceDesc": {args[0]}})
	ts.Check(err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		ts.Fatalf("namespace: status %d", answer.StatusCode)
	}
}

func freeport(ts *testscript.TestScript, _ bool, args []string) {
	srv, err := nacostest.Start(nacostest.Options{})
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(srv.Port()))
	srv.Close()
}

func reaches(ts *testscript.TestScript, _ bool, args []string) {
	for range 600 {
		c, err := net.DialTimeout("tcp", args[0], time.Second)
		if err == nil {
			c.Close()
			return
		}
		<-time.After(50 * time.Millisecond)
	}
	ts.Fatalf("nothing listens on %s", args[0])
}

func listening(ts *testscript.TestScript, _ bool, args []string) {
	srv := serverOf(ts)
	want := ""
	if args[2] != "-" {
		sum := md5.Sum([]byte(ts.ReadFile(args[2])))
		want = hex.EncodeToString(sum[:])
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ts.Check(srv.Wait(ctx, func(nacostest.Stats) bool {
		for _, l := range srv.Listeners("", args[0], args[1]) {
			if l.MD5 == want {
				return true
			}
		}
		return false
	}))
}

// revision sets a variable to the revision of the n-th change of a config.
func revision(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("nacre", "history", args[2], "-o", "name", "--limit", "0"))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	all := strings.Fields(ts.ReadFile("stdout"))
	ts.Setenv(args[0], all[len(all)-n])
}

func server(ts *testscript.TestScript, _ bool, args []string) {
	srv := serverOf(ts)
	switch args[0] {
	case "stop":
		srv.Stop()
	case "start":
		ts.Check(srv.Start(context.Background()))
	case "fail":
		n, err := strconv.Atoi(args[1])
		ts.Check(err)
		code, err := strconv.Atoi(args[2])
		ts.Check(err)
		srv.FailRequests(n, code)
	case "nocas", "ignore-md5":
		srv.IgnoreIfMD5(true)
	case "ok":
		srv.ClearFaults()
	default:
		ts.Fatalf("server: unknown %s", args[0])
	}
}
