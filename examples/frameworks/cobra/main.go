package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/flags"
)

// Config is the configuration of the program.
type Config struct {
	Server struct {
		Addr    string        `config:"addr" default:":8080" doc:"address to listen on"`
		Timeout time.Duration `config:"timeout" default:"3s" validate:"min=10ms" doc:"time limit of a request"`
	} `config:"server"`
	Hosts []string     `config:"hosts" doc:"hosts to forward to"`
	DSN   nacre.Secret `config:"dsn"`
	Debug bool         `config:"debug" doc:"log more"`
}

// newCommand returns the command. Flags override the environment (ORDERS_DEBUG=true), which
// overrides the file.
func newCommand() *cobra.Command {
	set := flag.NewFlagSet("orders", flag.ContinueOnError)
	layer := flags.New[Config](set)
	var path string
	command := &cobra.Command{
		Use: "orders", Short: "Show the effective configuration", Args: cobra.NoArgs, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, err := nacre.Open[Config](cmd.Context(), file.New(path), env.New("ORDERS"), layer)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, cfg.Close()) }()
			c := cfg.Get()
			_, err = fmt.Fprintln(cmd.OutOrStdout(), c.Server.Addr, c.Server.Timeout, c.Hosts, c.DSN, c.Debug)
			return err
		},
	}
	command.Flags().AddGoFlagSet(set) // before the flags of the program, so that pflag reports a name that both have
	command.Flags().StringVarP(&path, "config", "c", "config.yaml", "file to read")
	return command
}

func main() {
	if newCommand().Execute() != nil {
		os.Exit(1)
	}
}
