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
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "operate:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("operate", flag.ContinueOnError)
	flags.SetOutput(out)
	serve := flags.Bool("serve", false, "keep the instances running after the story")
	listen := flags.String("listen", "", "the `address` of the first instance, such as 127.0.0.1:9101; the second has the next port. Implies -serve")
	if err := flags.Parse(args); err != nil {
		return err
	}
	// No chapter takes long. If one hangs, that is a bug, and the program should say so.
	limited, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	s, err := newStory(out, *listen)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	if err := s.tell(limited); err != nil {
		return err
	}
	if *serve || *listen != "" {
		s.explainServing()
		<-ctx.Done()
	}
	return nil
}
