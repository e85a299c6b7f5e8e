package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"time"

	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

func main() {
	auth := flag.Bool("auth", false, "ask for a login")
	version := flag.String("version", "2.3", "the `VERSION` of Nacos that nacostest answers as, 2.3 or 3.0")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, nacostest.Options{Version: *version, DumpDelay: 100 * time.Millisecond}, *auth, flag.Args()))
}

func run(ctx context.Context, opts nacostest.Options, auth bool, command []string) int {
	if len(command) == 0 {
		fmt.Fprintln(os.Stderr, "host: there is no command")
		return 2
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdout, os.Stderr, os.Environ()
	if auth {
		opts.Users = []nacostest.User{{Name: "nacos", Password: "nacos"}}
		cmd.Env = append(cmd.Env, "NACRE_NACOS_USERNAME=nacos", "NACRE_NACOS_PASSWORD=nacos")
	}
	srv, err := nacostest.Start(opts)
	if err != nil {
		fmt.Fprintln(os.Stderr, "host:", err)
		return 1
	}
	defer srv.Close()
	cmd.Env = append(cmd.Env, "NACRE_NACOS_ADDR="+srv.Addr())
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return max(exit.ExitCode(), 1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "host:", err)
		return 1
	}
	return 0
}
