package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	once := flag.Bool("once", false, "end after the story")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *once); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, once bool) (err error) {
	// No chapter takes long. If one hangs, that is a bug, and the program should say so.
	limited, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	s, err := newStory(os.Stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	if err := s.tell(limited); err != nil {
		return err
	}
	if once {
		return nil
	}
	return s.serveOn(ctx)
}

// closeAfter closes in order and joins what goes wrong to err.
func closeAfter(err error, all ...io.Closer) error {
	for _, c := range all {
		err = errors.Join(err, c.Close())
	}
	return err
}
