// Command nacre reads config.yaml with nacre, in the way of its documentation.
package main

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/file"
)

type config struct {
	Server struct {
		Name    string
		Weight  int
		Enabled bool
		Ratio   float64
	}
}

func main() {
	cfg, err := nacre.Open[config](context.Background(), file.New("config.yaml"))
	check(err)
	c := cfg.Get()
	fmt.Println(c.Server.Name, c.Server.Weight, c.Server.Enabled, c.Server.Ratio)
	check(cfg.Close())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
