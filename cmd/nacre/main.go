// Command nacre reads, compares and publishes the configuration that a Nacos server holds.
package main

import (
	"os"

	"github.com/nacre-go/nacre/cmd/nacre/internal/cli"
)

func main() {
	os.Exit(cli.Main(cli.System()))
}
