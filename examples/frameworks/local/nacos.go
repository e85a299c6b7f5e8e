package local

import (
	"errors"
	"fmt"
	"os"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// Nacos returns the settings of the environment (NACOS_SERVER_ADDR and so on). If there are none,
// it starts a Nacos server in the process, with one document, and keeps the last known good copy
// in a folder that end removes.
func Nacos(dataID, content string) (settings nacos.Config, opts nacre.Options, end func(), err error) {
	if os.Getenv("NACOS_SERVER_ADDR") != "" {
		return nacos.FromEnv(), nacre.Options{}, func() {}, nil
	}
	server, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		return nacos.Config{}, nacre.Options{}, nil, err
	}
	dir, err := os.MkdirTemp("", "nacre-example-")
	if err = errors.Join(err, server.Put("", "DEFAULT_GROUP", dataID, content)); err != nil {
		server.Close()
		_ = os.RemoveAll(dir)
		return nacos.Config{}, nacre.Options{}, nil, err
	}
	fmt.Printf("Nacos runs at %s. Change the configuration, for example with:\n"+
		"  curl -d 'dataId=%s&group=DEFAULT_GROUP' --data-urlencode 'content=…' %s/v1/cs/configs\n", server.URL(), dataID, server.URL())
	return nacos.Config{Servers: []string{server.Addr()}}, nacre.Options{LastKnownGoodDir: dir}, func() {
		server.Close()
		_ = os.RemoveAll(dir)
	}, nil
}
