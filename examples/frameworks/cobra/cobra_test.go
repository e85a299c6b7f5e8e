package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nacre-go/nacre/providers/flags"
)

// run runs the program and returns what it prints.
func run(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte("server: {addr: ':9090', timeout: 1s}\ndsn: planted\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	command := newCommand()
	command.SetOut(&b)
	command.SetErr(&b)
	command.SetArgs(append([]string{"--config", path}, args...))
	err = command.Execute()
	return b.String(), err
}

func TestOnlyFlagsThatAreSetCount(t *testing.T) {
	for args, want := range map[string]string{
		"":                                  ":9090 1s [] ****** false\n",
		"--server.timeout 5s":               ":9090 5s [] ****** false\n",
		"--server.timeout=5s --debug":       ":9090 5s [] ****** true\n",
		"--debug=false":                     ":9090 1s [] ****** false\n",
		"--hosts a --hosts b,c --debug":     ":9090 1s [a b c] ****** true\n",
		"--server.addr :1 --server.addr :2": ":2 1s [] ****** false\n",
	} {
		if got, err := run(t, strings.Fields(args)...); err != nil || got != want {
			t.Errorf("%q prints %q, %v; want %q", args, got, err, want)
		}
	}
}

func TestABadFlagIsNamed(t *testing.T) {
	_, err := run(t, "--server.timeout", "planted-text", "--debug=maybe-not")
	if err == nil || !strings.Contains(err.Error(), "--server.timeout (flags) server.timeout:") || !strings.Contains(err.Error(), "--debug (flags) debug:") {
		t.Errorf("the error does not name the flags: %v", err)
	}
	if err != nil && (strings.Contains(err.Error(), "planted-text") || strings.Contains(err.Error(), "maybe-not")) {
		t.Errorf("the error shows the text of a flag: %v", err)
	}
}

func TestTheHelpIsThatOfTheStruct(t *testing.T) {
	got, err := run(t, "--help")
	for _, want := range []string{
		"-c, --config string ", "      --debug ", "log more", "--hosts list ", "hosts to forward to (list)",
		"--server.timeout duration ", "time limit of a request (duration; min=10ms) (default 3s)",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the help lacks %q: %v\n%s", want, err, got)
		}
	}
	if strings.Contains(got, "dsn") {
		t.Errorf("a secret has a flag:\n%s", got)
	}
}

// TestAFlagOfAParentCommand: cobra parses the flags of the parent in the set of the child.
func TestAFlagOfAParentCommand(t *testing.T) {
	for _, args := range [][]string{{"child"}, {"child", "--debug"}, {"--debug", "child"}} {
		set := flag.NewFlagSet("orders", flag.ContinueOnError)
		layer := flags.New[Config](set)
		root := &cobra.Command{Use: "orders"}
		root.PersistentFlags().AddGoFlagSet(set)
		var got string
		root.AddCommand(&cobra.Command{Use: "child", RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := layer.Next(t.Context(), "")
			if err == nil {
				got = string(c.Documents[0].Data)
			}
			return err
		}})
		root.SetArgs(args)
		if err := root.Execute(); err != nil || strings.Contains(got, "debug") != (len(args) == 2) {
			t.Errorf("%q sets %q, %v", args, got, err)
		}
	}
}

// TestTheOrderOfAddGoFlagSet: the documentation of package flags says what pflag does with a name
// that is defined twice.
func TestTheOrderOfAddGoFlagSet(t *testing.T) {
	set := flag.NewFlagSet("orders", flag.ContinueOnError)
	flags.New[Config](set)
	late := pflag.NewFlagSet("orders", pflag.ContinueOnError)
	late.Bool("debug", false, "mine")
	late.AddGoFlagSet(set)
	if late.Lookup("debug").Usage != "mine" {
		t.Error("pflag replaced a flag of the program; the documentation says that it keeps it")
	}
	early := pflag.NewFlagSet("orders", pflag.PanicOnError)
	early.SetOutput(new(bytes.Buffer))
	early.AddGoFlagSet(set)
	defer func() {
		if recover() == nil {
			t.Error("pflag accepted a flag that it has already; the documentation says that it panics")
		}
	}()
	early.Bool("debug", false, "mine")
}
