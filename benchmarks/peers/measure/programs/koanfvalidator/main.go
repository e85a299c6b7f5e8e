// Command koanfvalidator reads config.yaml with koanf, in the way of its documentation, and checks
// it with validator.
package main

import (
	"fmt"

	"github.com/go-playground/validator/v10"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
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
	k := koanf.New(".")
	check(k.Load(file.Provider("config.yaml"), yaml.Parser()))
	var c config
	check(k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{Tag: "yaml"}))
	check(validator.New(validator.WithRequiredStructEnabled()).Struct(c))
	fmt.Println(c.Server.Name, c.Server.Weight, c.Server.Enabled, c.Server.Ratio)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
