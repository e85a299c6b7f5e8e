// Command viper reads config.yaml with viper, in the way of its documentation.
package main

import (
	"fmt"

	"github.com/spf13/viper"
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
	viper.SetConfigFile("config.yaml")
	check(viper.ReadInConfig())
	viper.WatchConfig()
	var c config
	check(viper.Unmarshal(&c))
	fmt.Println(c.Server.Name, c.Server.Weight, c.Server.Enabled, c.Server.Ratio)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
