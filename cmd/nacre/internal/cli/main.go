package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
)

var errInterrupted = errors.New("interrupted")

// Main runs the command line of env and returns the exit code of the process. The first signal of
// Env.Interrupt ends the command in order, and a second one ends Main at once: with the code Partly
// if the command has begun what it has not finished, and with the way to finish it.
func Main(env *Env) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	a := &app{env: env, unfinished: new(atomic.Pointer[string])}
	ended := make(chan exit.Code, 1)
	go func() { ended <- a.run(ctx) }()
	for signals := 0; ; {
		select {
		case code := <-ended:
			return int(code)
		case <-env.Interrupt:
			if signals++; signals == 2 {
				return int(a.abandoned())
			}
			cancel(errInterrupted)
		}
	}
}

// abandoned says what a command leaves that ends at once, and returns the exit code.
func (a *app) abandoned() exit.Code {
	if left := a.unfinished.Load(); left != nil && *left != "" {
		a.complain(*left)
		return exit.Partly
	}
	return exit.Interrupted
}

// leaves notes what a command would leave if it ended now; empty: nothing.
func (a *app) leaves(what string) {
	a.begun = a.begun || what != ""
	a.unfinished.Store(&what)
}

func (a *app) run(ctx context.Context) exit.Code {
	command, err := newRoot(a).ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exit.Done
	case errors.Is(context.Cause(ctx), errInterrupted) && exit.Of(err) != exit.Partly: // what was done is more important
		nothing := ""
		if a.publishes && !a.begun {
			nothing = "; nothing was published"
		}
		a.note("nacre: interrupted%s%s", nothing, leftover(err))
		return exit.Interrupted
	case !a.running: // before the command itself
		if strings.Contains(err.Error(), "arg(s)") { // the library counts them, and does not name them
			err = fmt.Errorf("wrong number of arguments; write %s", strings.TrimSuffix(command.UseLine(), " [flags]"))
		}
		err = exit.With(exit.Usage, err, `run "`+command.CommandPath()+` --help"`)
	}
	code := exit.Of(err)
	if text := err.Error(); text != "" {
		a.complain(text)
	}
	return code
}

// leftover returns what an error says about a config that a check has left on the server.
func leftover(err error) string {
	var left interface{ Leftover() string }
	if !errors.As(err, &left) {
		return ""
	}
	return "; " + left.Leftover()
}

// complain writes an error to stderr. An error of several lines, such as the problems of a
// document, stays on as many.
func (a *app) complain(text string) {
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if i == 0 {
			line = "nacre: " + line
		}
		fmt.Fprintln(a.env.Err, output.Clean(strings.ReplaceAll(line, "\t", "  ")))
	}
}

// silent is an error that says nothing, since the output has said it.
type silent struct{}

func (silent) Error() string { return "" }

// differs is the error of a comparison that found a difference.
func differs() error { return exit.With(exit.Differs, silent{}, "") }
