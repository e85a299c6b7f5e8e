// Command gozerocenter has the config center of go-zero, whose subscriber reads config.yaml here.
package main

import (
	"fmt"
	"os"

	configurator "github.com/zeromicro/go-zero/core/configcenter"
)

type config struct {
	Server struct {
		Name    string  `json:"name"`
		Weight  int     `json:"weight"`
		Enabled bool    `json:"enabled"`
		Ratio   float64 `json:"ratio"`
	} `json:"server"`
}

func main() {
	center, err := configurator.NewConfigCenter[config](configurator.Config{Type: "yaml"}, subscriber{})
	check(err)
	c, err := center.GetConfig()
	check(err)
	fmt.Println(c.Server.Name, c.Server.Weight, c.Server.Enabled, c.Server.Ratio)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

type subscriber struct{}

func (subscriber) AddListener(func()) error { return nil }

func (subscriber) Value() (string, error) {
	data, err := os.ReadFile("config.yaml")
	return string(data), err
}
