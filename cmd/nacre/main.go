// Command nacre reads, compares and publishes the configuration that a Nacos server holds.
package main

import (
	"os"
	_ "time/tzdata" // a time zone in a policy means the same on every machine

	"github.com/nacre-go/nacre/cmd/nacre/internal/cli"
)

func main() {
	os.Exit(cli.Main(cli.System()))
}
