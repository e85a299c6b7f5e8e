package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole command; it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == listenCommand {
		return runListener(args[1:])
	}
	opts, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		tell(stderr, "%v", err)
		return 2
	}
	if opts.out != "" { // a long run must not end with a file that cannot be written
		if err := writable(opts.out, kindOf(opts.addr)); err != nil {
			tell(stderr, "%v", err)
			return 2
		}
	}
	if opts.addr == "" {
		// A server of our own: the launcher runs this command again and tells it the address.
		if err := underLauncher(args, stdout, stderr); err != nil {
			tell(stderr, "%v", err)
			return 1
		}
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := measure(ctx, opts, stdout, stderr); err != nil {
		tell(stderr, "%v", err)
		return 1
	}
	return 0
}

// measure runs all tries against one server, and writes what came of them.
func measure(ctx context.Context, opts options, stdout, stderr io.Writer) error {
	srv, err := connect(ctx, opts)
	if err != nil {
		return err
	}
	defer srv.close()
	b := &bench{opts: opts, server: srv, log: stderr}
	var results []result
	ran := b.run(ctx, func(r result) error {
		results = append(results, r)
		if !opts.json {
			return nil
		}
		return r.writeJSON(stdout)
	})
	text := markdown(results, opts, srv)
	if !opts.json && len(results) > 0 { // also what there is of a run that failed
		if _, err := io.WriteString(stdout, text); err != nil {
			return errors.Join(ran, err)
		}
	}
	if ran != nil || opts.out == "" {
		return ran
	}
	return writeBetween(opts.out, srv.kind, text)
}

func tell(to io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(to, "push: "+format+"\n", args...)
}
