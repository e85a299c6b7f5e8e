package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestRealDay runs the scripts in testdata/real on the server that NACRE_NACOS_ADDR names, or else
// on one in the process. Each script has a group of its own, GROUP, which also replaces GROUP in
// the names of its folders.
func TestRealDay(t *testing.T) {
	t.Parallel()
	group := "cli-" + strconv.Itoa(os.Getpid())
	params := params("testdata/real")
	inProcess := params.Setup
	params.Setup = func(env *testscript.Env) error {
		if err := inProcess(env); err != nil {
			return err
		}
		if address := os.Getenv("NACRE_NACOS_ADDR"); address != "" {
			env.Setenv("NACOS_SERVER_ADDR", address)
			env.Setenv("NACOS_USERNAME", os.Getenv("NACRE_NACOS_USERNAME"))
			env.Setenv("NACOS_PASSWORD", os.Getenv("NACRE_NACOS_PASSWORD"))
		}
		env.Setenv("GROUP", group)
		folders, err := filepath.Glob(filepath.Join(env.WorkDir, "*", "GROUP"))
		for _, folder := range folders {
			if err == nil {
				err = os.Rename(folder, filepath.Join(filepath.Dir(folder), group))
			}
		}
		return err
	}
	testscript.Run(t, params)
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
