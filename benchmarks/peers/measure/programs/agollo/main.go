// Command agollo reads a namespace from the Apollo server that PEERS_APOLLO names, in the way of
// agollo's documentation.
package main

import (
	"fmt"
	"os"

	"github.com/apolloconfig/agollo/v4"
	"github.com/apolloconfig/agollo/v4/env/config"
)

func main() {
	client, err := agollo.StartWithConfig(func() (*config.AppConfig, error) {
		return &config.AppConfig{AppID: "peers", Cluster: "default", IP: os.Getenv("PEERS_APOLLO"), NamespaceName: "application"}, nil
	})
	check(err)
	c := client.GetConfig("application")
	fmt.Println(c.GetValue("server.name"), c.GetIntValue("server.weight", 0), c.GetBoolValue("server.enabled", false), c.GetFloatValue("server.ratio", 0))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
