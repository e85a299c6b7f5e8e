package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "comparison:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	if name := os.Getenv(envLibrary); name != "" {
		return serve(name)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := compare(ctx, libraries)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, r.table(libraries, func(int) bool { return true }))
	return err
}

// serve runs the service of a library in this process.
func serve(name string) error {
	var j job
	if err := json.Unmarshal([]byte(os.Getenv(envJob)), &j); err != nil {
		return err
	}
	for _, l := range libraries {
		if l.name == name {
			return runService(l, j, os.Getenv(envPanics) != "")
		}
	}
	return fmt.Errorf("unknown library %q", name)
}
