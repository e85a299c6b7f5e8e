// Command peers compares nacre with other libraries for configuration.
//
//	go -C benchmarks run ./peers                                  everything, as tables
//	go -C benchmarks run ./peers -work reload,key/yaml -json      some works, one JSON object a line
//	go -C benchmarks run ./peers -o ../docs/benchmarks.md         the tables, into a file
//	go -C benchmarks run ./peers -gate                            fail if nacre has become slower
//	go -C benchmarks run ./peers -record                          record what the gate compares with
//
// The other libraries are required by the module in peers/measure, so that their requirements
// change no version here. This command builds that module and runs it.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
)

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
	}
	os.Exit(status)
}

// run returns the exit status of the other command.
func run(args []string) (int, error) {
	if _, err := os.Stat("peers/measure/go.mod"); err != nil {
		return 2, fmt.Errorf("%w; the command runs in the folder benchmarks: go -C benchmarks run ./peers", err)
	}
	dir, err := os.MkdirTemp("", "nacre-peers-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	signal.Notify(make(chan os.Signal, 1), os.Interrupt) // which ends the commands below; this one waits for them
	program := filepath.Join(dir, "peers.exe")
	if err := execute("go", "-C", "peers/measure", "build", "-o", program, "."); err != nil {
		return 1, fmt.Errorf("build peers/measure: %w", err)
	}
	err = execute(program, args...)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}

func execute(name string, args ...string) error {
	cmd := exec.Command(name, args...) //nolint:noctx // an interrupt ends it
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
