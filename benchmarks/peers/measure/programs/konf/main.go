// Command konf reads config.yaml with konf, in the way of its documentation.
package main

import (
	"fmt"

	"github.com/nil-go/konf"
	"github.com/nil-go/konf/provider/file"
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
	k := konf.New()
	check(k.Load(file.New("config.yaml", file.WithUnmarshal(yaml.Unmarshal))))
	var c config
	check(k.Unmarshal("", &c))
	fmt.Println(c.Server.Name, c.Server.Weight, c.Server.Enabled, c.Server.Ratio)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
