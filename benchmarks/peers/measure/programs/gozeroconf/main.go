// Command gozeroconf reads config.yaml with go-zero, in the way of its documentation.
package main

import (
	"fmt"

	"github.com/zeromicro/go-zero/core/conf"
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
	var c config
	check(conf.Load("config.yaml", &c))
	fmt.Println(c.Server.Name, c.Server.Weight, c.Server.Enabled, c.Server.Ratio)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
