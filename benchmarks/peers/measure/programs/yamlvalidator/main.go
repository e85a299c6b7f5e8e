// Command yamlvalidator reads config.yaml with yaml.v3, and checks it with validator.
package main

import (
	"fmt"
	"os"

	"github.com/go-playground/validator/v10"
	"gopkg.in/yaml.v3"
)

type config struct {
	Server struct {
		Name    string  `yaml:"name"`
		Weight  int     `yaml:"weight"`
		Enabled bool    `yaml:"enabled"`
		Ratio   float64 `yaml:"ratio"`
	} `yaml:"server"`
}

func main() {
	data, err := os.ReadFile("config.yaml")
	check(err)
	var c config
	check(yaml.Unmarshal(data, &c))
	check(validator.New(validator.WithRequiredStructEnabled()).Struct(c))
	fmt.Println(c.Server.Name, c.Server.Weight, c.Server.Enabled, c.Server.Ratio)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
