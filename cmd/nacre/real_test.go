package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// TestRealDay runs the scripts in testdata/real on the server that NACRE_NACOS_ADDR names, or else
// on one in the process: a day of reading and publishing, of releases from a repository, of
// canaries, and of the pipeline.
func TestRealDay(t *testing.T) {
	t.Parallel()
	testscript.Run(t, realParams("testdata/real"))
}

// TestRealThousand runs a release of a thousand documents, while no other test of this package
// uses the server. On a real server without a login, its times are bounded.
func TestRealThousand(t *testing.T) {
	testscript.Run(t, realParams("testdata/many"))
}

// realParams are those of scripts that run on a real server too. Each script has a group of its
// own, GROUP, which also replaces GROUP in the names of its folders. The condition real means a
// real server, and login one that asks for a login.
func realParams(dir string) testscript.Params {
	params := params(dir)
	inProcess, address := params.Setup, os.Getenv("NACRE_NACOS_ADDR")
	params.Setup = func(env *testscript.Env) error {
		if err := inProcess(env); err != nil {
			return err
		}
		if address != "" {
			env.Setenv("REAL", "1")
			env.Setenv("SERVER", address)
			env.Setenv("NACOS_SERVER_ADDR", address)
			env.Setenv("NACOS_USERNAME", os.Getenv("NACRE_NACOS_USERNAME"))
			env.Setenv("NACOS_PASSWORD", os.Getenv("NACRE_NACOS_PASSWORD"))
		}
		group := "cli-" + strconv.Itoa(os.Getpid()) + strings.TrimPrefix(filepath.Base(env.WorkDir), "script")
		env.Setenv("GROUP", group)
		many, _ := manyDocuments()
		env.Setenv("DOCUMENTS", strconv.Itoa(many))
		folders, err := filepath.Glob(filepath.Join(env.WorkDir, "*", "GROUP"))
		for _, folder := range folders {
			if err == nil {
				err = os.Rename(folder, filepath.Join(filepath.Dir(folder), group))
			}
		}
		return err
	}
	params.Condition = func(name string) (bool, error) {
		switch name {
		case "real":
			return address != "", nil
		case "login":
			return address != "" && os.Getenv("NACRE_NACOS_USERNAME") != "", nil
		}
		return false, fmt.Errorf("unknown condition %s", name)
	}
	return params
}

// putReal publishes to a real server, and waits until the content can be read.
func putReal(ts *testscript.TestScript, group, dataID, content string) {
	client, err := nacos.NewClient(settingsOf(ts))
	ts.Check(err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ts.Check(client.Publish(ctx, dataID, []byte(content), nacos.Group(group)))
	for {
		item, err := client.Get(ctx, dataID, nacos.Group(group))
		if string(item.Content) == content && err == nil {
			return
		}
		if err != nil && !errors.Is(err, source.NotFound) {
			ts.Fatalf("%s/%s: %v", group, dataID, err)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// until runs a program until its output matches a pattern, for half a minute.
func until(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		if ts.Exec(args[1], args[2:]...) == nil && pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		<-time.After(200 * time.Millisecond)
	}
	ts.Fatalf("the output never matches %s", args[0])
}
