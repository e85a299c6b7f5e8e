// Command runtimevar reads config.yaml with runtimevar, in the way of its documentation.
package main

import (
	"context"
	"fmt"

	"gocloud.dev/runtimevar"
	"gocloud.dev/runtimevar/filevar"
	"gopkg.in/yaml.v3"
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
	decode := func(_ context.Context, data []byte, to any) error { return yaml.Unmarshal(data, to) }
	variable, err := filevar.OpenVariable("config.yaml", runtimevar.NewDecoder(config{}, decode), nil)
	check(err)
	latest, err := variable.Latest(context.Background())
	check(err)
	c := latest.Value.(config)
	fmt.Println(c.Server.Name, c.Server.Weight, c.Server.Enabled, c.Server.Ratio)
	check(variable.Close())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
