// Command kratos2 reads config.yaml with kratos v2, in the way of its documentation.
package main

import (
	"fmt"

	"github.com/go-kratos/kratos/v2/config"
	"github.com/go-kratos/kratos/v2/config/file"
	_ "github.com/go-kratos/kratos/v2/encoding/yaml" // the format registers itself
)

type settings struct {
	Server struct {
		Name    string  `json:"name"`
		Weight  int     `json:"weight"`
		Enabled bool    `json:"enabled"`
		Ratio   float64 `json:"ratio"`
	} `json:"server"`
}

func main() {
	source := config.New(config.WithSource(file.NewSource("config.yaml")))
	check(source.Load())
	var c settings
	check(source.Scan(&c))
	fmt.Println(c.Server.Name, c.Server.Weight, c.Server.Enabled, c.Server.Ratio)
	check(source.Close())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
