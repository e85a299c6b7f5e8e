package koanf_test

import (
	"context"
	"fmt"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"

	"github.com/nacre-go/nacre/providers/koanf"
)

func Example() {
	layer := koanf.New(rawbytes.Provider([]byte("db: {pool: 5}")), yaml.Parser(), koanf.Name("orders.yaml"))

	content, err := layer.Next(context.Background(), "")
	if err != nil {
		fmt.Println(err)
		return
	}
	d := content.Documents[0]
	fmt.Printf("%s is %s: %s\n", d.Name, d.Format, d.Data)
	// Output: orders.yaml is yaml: db: {pool: 5}
}

// A provider that knows flat keys and strings only, as those of etcd and consul.
func ExampleDelimiter() {
	consul := confmap.Provider(map[string]any{"db/pool": "5", "db/dsn": "postgres://db"}, "")
	layer := koanf.New(consul, nil, koanf.Delimiter("/"), koanf.Text(), koanf.Name("consul/orders"))

	content, _ := layer.Next(context.Background(), "")
	fmt.Println(content.Documents[0].Tree)
	// Output: map[db:map[dsn:postgres://db pool:5]]
}
