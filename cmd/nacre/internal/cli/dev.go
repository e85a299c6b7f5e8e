package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/dev"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// lookEvery is how often the folder is looked at.
const lookEvery = 200 * time.Millisecond

func newDev(a *app) *cobra.Command {
	port := 8848
	var login string
	cmd := &cobra.Command{
		Use:   "dev [FOLDER]",
		Short: "Run a Nacos server for development, with a folder as its content",
		Long: `Run a Nacos server for development on this machine: without Java, and without a disk.

Each file of FOLDER is a config: its name is the data ID, and the folder that it is in is the group,
DEFAULT_GROUP for a file that is directly in FOLDER. A folder of nacre export fits. A file that you
edit is published, and a file that you delete is deleted. What a client publishes is not written to
the folder, and is gone when the server ends.

Not published, with one line on stderr for each: hidden files, what editors write next to a file
(name~, #name#, 4913, *___jb_tmp___, *.swp, *.tmp, *.bak and the like), nacre-export.yaml, folders
in the folder of a group, links out of FOLDER, and files of more than 10 MiB. A save is one change,
also if the editor writes another file and renames it.

The server listens on 127.0.0.1, on --port and on the port that is 1000 above, and answers as a
Nacos 2.3.2. "nacre dev fault" makes it misbehave. With --login NAME, the server requires a login
with the password in NACRE_DEV_PASSWORD.`,
		Example: `  nacre dev ./configs
  nacre dev fault drop-pushes 3
  NACOS_SERVER_ADDR=127.0.0.1:8848 go run ./cmd/orders`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.dev(cmd.Context(), args, port, login)
		},
	}
	cmd.PersistentFlags().IntVar(&port, "port", port, "HTTP port to listen on; 0 chooses a free one")
	cmd.Flags().StringVar(&login, "login", "", "require a login with this name and the password in NACRE_DEV_PASSWORD")
	cmd.AddCommand(newFault(a, &port))
	return cmd
}

func (a *app) dev(ctx context.Context, args []string, port int, login string) error {
	if port < 0 || port > 65535-1000 {
		return usage("port %d is not from 0 to 64535", port)
	}
	if len(args) > 0 {
		if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
			return usage("%s is not a folder", args[0])
		}
	}
	options := nacostest.Options{Port: port}
	if login != "" {
		password := a.env.Get("NACRE_DEV_PASSWORD")
		if password == "" {
			return usage("--login requires a password in NACRE_DEV_PASSWORD")
		}
		options.Users = []nacostest.User{{Name: login, Password: password}}
	}
	srv, err := nacostest.Start(options)
	if err != nil {
		return exit.With(exit.Failed, err, "is another server on port "+fmt.Sprint(port)+"? --port names another port")
	}
	defer srv.Close()
	cache, err := a.cacheDir()
	if err != nil {
		return err
	}
	socket := dev.Socket(cache, srv.Port())
	control, err := dev.Listen(socket)
	if err != nil {
		return exit.With(exit.Failed, err, "")
	}
	var group sync.WaitGroup
	defer group.Wait()
	defer control.Close()
	group.Go(func() {
		dev.Serve(control, srv, func(fault string, err error) { a.note("fault %s%s", fault, failedWith(err)) })
	})

	a.note("listening; export NACOS_SERVER_ADDR=%s", srv.Addr())
	if len(args) == 0 {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	files := dev.Sync{
		Dir: args[0], Namespace: a.flags.namespace, Server: srv,
		Report: func(what, name string, err error) { a.note("%s %s%s", what, name, failedWith(err)) },
	}
	if err := files.Run(ctx, lookEvery); err != nil {
		return exit.With(exit.Failed, err, "")
	}
	return context.Cause(ctx)
}

func failedWith(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

func newFault(a *app, port *int) *cobra.Command {
	var b strings.Builder
	for _, f := range dev.Faults() {
		fmt.Fprintf(&b, "  %-26s %s\n", strings.TrimSpace(f.Name+" "+f.Usage), f.Does)
	}
	cmd := &cobra.Command{
		Use:   "fault NAME [ARGUMENTS]",
		Short: "Make the server of nacre dev misbehave",
		Long: `Make the server of "nacre dev" on this machine misbehave. A fault with a count ends after so many
requests or pushes; without one it lasts until "nacre dev fault clear".

Without --port, this is the server on port 8848. A server that was started with another port needs
the same --port here; the line "listening" of nacre dev has it.

` + b.String(),
		Example: `  nacre dev fault fail-requests 5 500
  nacre dev fault drop-pushes 3 --port 18848
  nacre dev fault clear`,
		Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: only(1, func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
			for _, f := range dev.Faults() {
				names = append(names, f.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			cache, err := a.cacheDir()
			if err != nil {
				return err
			}
			ctx, cancel := a.within(cmd.Context())
			defer cancel()
			switch err := dev.Send(ctx, dev.Socket(cache, *port), args); {
			case errors.Is(err, dev.ErrNoServer):
				return exit.With(exit.Unreachable, fmt.Errorf("%w %d", err, *port), "start it with nacre dev, or give its --port")
			case err != nil:
				return exit.With(exit.Usage, err, "")
			}
			return nil
		},
	}
	cmd.Flags().IntVar(port, "port", *port, "HTTP port of the running nacre dev: the one that it was started with")
	return cmd
}

func (a *app) cacheDir() (string, error) {
	dir := a.userDir(cacheFolder)
	if dir == "" {
		return "", usage("no folder for caches is known, since HOME is not set")
	}
	return dir, nil
}
