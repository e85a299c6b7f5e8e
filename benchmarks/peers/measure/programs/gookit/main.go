// Command gookit reads config.yaml with gookit/config, in the way of its documentation.
package main

import (
	"fmt"

	"github.com/gookit/config/v2"
	"github.com/gookit/config/v2/yamlv3"
)

type settings struct {
	Server struct {
		Name    string  `mapstructure:"name"`
		Weight  int     `mapstructure:"weight"`
		Enabled bool    `mapstructure:"enabled"`
		Ratio   float64 `mapstructure:"ratio"`
	} `mapstructure:"server"`
}

func main() {
	config.AddDriver(yamlv3.Driver)
	check(config.LoadFiles("config.yaml"))
	var c settings
	check(config.Decode(&c))
	fmt.Println(c.Server.Name, c.Server.Weight, c.Server.Enabled, c.Server.Ratio)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
