package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == idleCommand {
		if err := beIdle(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "weigh:", err)
			os.Exit(1)
		}
		return
	}
	idle := flag.Duration("idle", time.Minute, "how long the listeners are watched; 0: not at all")
	n := flag.Int("n", 3000, "how many listeners")
	out := flag.String("o", "", "`FILE` to write the tables into, between their marks")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *n, *idle, *out); err != nil {
		fmt.Fprintln(os.Stderr, "weigh:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n int, idle time.Duration, out string) error {
	text, err := sizes(ctx)
	if err != nil {
		return err
	}
	if idle > 0 {
		more, err := idles(ctx, n, idle)
		if err != nil {
			return err
		}
		text += "\n" + more
	}
	fmt.Print(text)
	if out == "" {
		return nil
	}
	return between(out, text)
}

// The marks that the tables stand between.
const (
	begin = "<!-- weigh: begin -->\n"
	end   = "<!-- weigh: end -->\n"
)

// between puts text between the marks of a file.
func between(name, text string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(data), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has not the marks %q and %q", name, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(name, []byte(before+begin+text+end+after), 0o644)
}
