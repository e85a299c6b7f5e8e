package cli

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/prometheus"
	"github.com/nacre-go/nacre/cmd/nacre/internal/terminal"
)

// app is one run of the command: its process, and the flags that all commands have.
type app struct {
	env     *Env
	flags   globals
	running bool // the command line was understood
	// connecting is how long a connection may take.
	connecting time.Duration
	// unfinished says what the command would leave if it ended now. Nil or empty: nothing.
	unfinished *atomic.Pointer[string]
	// publishes reports that the command is one that publishes, and begun that it has begun to.
	publishes, begun bool
}

// globals are the flags that all commands have.
type globals struct {
	context, namespace, group, output, color string
	servers                                  []string
	timeout                                  time.Duration
	verbose                                  bool
}

const defaultTimeout = 15 * time.Second

func (a *app) addFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&a.flags.context, "context", "", "context to use (default: NACRE_CONTEXT, else the current one)")
	f.StringSliceVar(&a.flags.servers, "server", nil, "servers as HOST:PORT, in place of a context")
	f.StringVarP(&a.flags.namespace, "namespace", "n", "", "id of the namespace, or public (default: that of the context)")
	f.StringVarP(&a.flags.group, "group", "g", "", "group (default: that of the context, else DEFAULT_GROUP)")
	f.StringVarP(&a.flags.output, "output", "o", string(output.Table), "format of the output: table, json, yaml or name")
	f.StringVar(&a.flags.color, "color", "auto", "color the output: auto, always or never")
	f.DurationVar(&a.flags.timeout, "timeout", defaultTimeout, "how long the command may take, or wait for its first connection")
	f.BoolVarP(&a.flags.verbose, "verbose", "v", false, "report on stderr what the connection does")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := checkEmpty(cmd); err != nil {
			return err
		}
		if _, err := output.Parse(a.flags.output); err != nil {
			return err
		}
		if _, err := terminal.Colored(a.env.Out, a.flags.color, a.env.Get); err != nil {
			return err
		}
		if a.flags.timeout <= 0 {
			return fmt.Errorf("timeout %v is not positive", a.flags.timeout)
		}
		if err := checkFlags(cmd); err != nil {
			return err
		}
		a.running, a.connecting = true, a.flags.timeout
		return nil
	}
}

// checkEmpty returns an error if a flag that chooses what a command works on is given and empty:
// the command would choose something else.
func checkEmpty(cmd *cobra.Command) error {
	if cmd.Parent() != nil && cmd.Parent().Name() == "context" { // there the empty value removes a setting
		return nil
	}
	for _, name := range []string{"context", "server", "instance", "environment", "to-context", "canary-ip"} {
		if flag := cmd.Flags().Lookup(name); flag != nil && flag.Changed && strings.Trim(flag.Value.String(), "[]") == "" {
			return fmt.Errorf("--%s is empty, as a variable is that is not set; give a value, or leave out the flag", name)
		}
	}
	return nil
}

// checkFlags returns an error if an address among the flags of a command is not one, so that a
// command does nothing before it finds out.
func checkFlags(cmd *cobra.Command) error {
	for _, name := range []string{"instance", "canary-instance"} {
		asked, err := cmd.Flags().GetStringSlice(name)
		if err != nil { // the command does not have the flag
			continue
		}
		if err := checkAddresses(asked); err != nil {
			return fmt.Errorf("--%s: %w", name, err)
		}
	}
	if address, err := cmd.Flags().GetString("prometheus"); err == nil && address != "" {
		_, err = prometheus.New(address, nil)
		return err
	}
	return nil
}

// print writes a result to stdout in the format of --output.
func (a *app) print(r output.Result) error {
	return output.Write(a.env.Out, output.Format(a.flags.output), r)
}

// note writes a line to stderr.
func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.env.Err, output.Clean(fmt.Sprintf(format, args...)))
}

// paint returns the colors for stdout.
func (a *app) paint() terminal.Paint {
	colored, _ := terminal.Colored(a.env.Out, a.flags.color, a.env.Get) // was checked before the command
	return terminal.Paint(colored)
}

// errPaint returns the colors for stderr.
func (a *app) errPaint() terminal.Paint {
	colored, _ := terminal.Colored(a.env.Err, a.flags.color, a.env.Get) // was checked before the command
	return terminal.Paint(colored)
}

// within returns a context that ends with --timeout.
func (a *app) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, a.flags.timeout)
}

// raw reports whether the output is for people, or the bytes of a config.
func (a *app) raw() bool { return output.Format(a.flags.output) == output.Table }

// manyTimeout is the default of --timeout for commands that handle many configs.
const manyTimeout = 10 * time.Minute

// many gives a command that handles many configs more time, unless --timeout is given. The
// connection still has the usual time.
func (a *app) many(cmd *cobra.Command) {
	if !cmd.Flags().Changed("timeout") {
		a.flags.timeout = manyTimeout
	}
}

func usage(format string, args ...any) error {
	return exit.With(exit.Usage, fmt.Errorf(format, args...), "")
}
