package cli

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
)

// System returns the Env of the process. From now on the process does not end by an interrupt;
// [Main] ends the command instead.
func System() *Env {
	interrupt := make(chan os.Signal, 2)
	signal.Notify(interrupt, os.Interrupt, syscall.SIGTERM)
	return &Env{
		Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Environ: os.Environ(), Now: time.Now, Nacos: nacos.FromEnv, Interrupt: interrupt,
	}
}
