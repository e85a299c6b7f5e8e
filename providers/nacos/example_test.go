package nacos_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/source"
)

// A config is a source from the moment it is declared; what is published afterwards comes by
// itself.
func Example() {
	srv, err := nacostest.Start(nacostest.Options{}) // in production: NACOS_SERVER_ADDR and nacos.FromEnv()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx := context.Background()

	client, err := nacos.NewClient(nacos.Config{Servers: []string{srv.Addr()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	orders := client.Source("orders.yaml")

	var seen source.Revision
	next := func() {
		c, err := orders.Next(ctx, seen)
		if err != nil {
			fmt.Println(err)
			return
		}
		seen = c.Revision
		d := c.Documents[0]
		fmt.Printf("%s absent=%v %q\n", d.Name, d.Absent, d.Data)
	}
	next()
	if err := client.Publish(ctx, "orders.yaml", []byte("db: {pool: 20}"), nacos.Description("more connections")); err != nil {
		fmt.Println(err)
	}
	next()
	if err := client.Delete(ctx, "orders.yaml"); err != nil {
		fmt.Println(err)
	}
	next()
	// Output:
	// orders.yaml absent=true ""
	// orders.yaml absent=false "db: {pool: 20}"
	// orders.yaml absent=true ""
}

// Every error has a kind to decide by and a fix to read.
func ExampleClient_Get() {
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client, err := nacos.NewClient(nacos.Config{Servers: []string{srv.Addr()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	_, err = client.Get(context.Background(), "ordres.yaml")
	fmt.Println(errors.Is(err, source.NotFound))
	fmt.Println(err)
	// Output:
	// true
	// read public/DEFAULT_GROUP/ordres.yaml: not found: config does not exist (check data ID and group for a typo, and that the namespace is an *id* and not a name; if the config may be missing, use nacre.AbsentOK())
}

// A NewClient that cannot work says all that is wrong, at once.
func ExampleNewClient() {
	_, err := nacos.NewClient(nacos.Config{Servers: []string{"nacos.example.com:88480"}, Namespace: "Dev Team"})
	fmt.Println(errors.Is(err, source.InvalidArgument))
	// Output:
	// true
}

// A compare-and-set publishes only over what was read.
func ExampleIfMD5() {
	srv, err := nacostest.Start(nacostest.Options{DumpDelay: nacostest.Off})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx := context.Background()
	client, err := nacos.NewClient(nacos.Config{Servers: []string{srv.Addr()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	_ = client.Publish(ctx, "orders.yaml", []byte("v: 1"))
	item, err := client.Get(ctx, "orders.yaml")
	fmt.Println(item, err)
	_ = client.Publish(ctx, "orders.yaml", []byte("v: 2")) // somebody else is quicker
	err = client.Publish(ctx, "orders.yaml", []byte("v: 3"), nacos.IfMD5(item.MD5))
	fmt.Println(errors.Is(err, source.Conflict))
	// Output:
	// public/DEFAULT_GROUP/orders.yaml md5 1cd682fc8c60d19b38bb3a103e283266, 4 bytes <nil>
	// true
}

// Each tenant has a config of its own. One that is created joins while the service runs.
func ExampleClient_Matching() {
	srv, err := nacostest.Start(nacostest.Options{Version: "3.0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx := context.Background()
	client, err := nacos.NewClient(nacos.Config{Servers: []string{srv.Addr()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	if err := srv.Put("", "TENANTS", "tenant-acme.yaml", "limits: {acme: 10}"); err != nil {
		fmt.Println(err)
		return
	}
	tenants := client.Matching("tenant-*.yaml", nacos.Group("TENANTS")) // a layer for nacre.Open
	var seen source.Revision
	next := func() {
		c, err := tenants.Next(ctx, seen)
		if err != nil {
			fmt.Println(err)
			return
		}
		seen = c.Revision
		for _, d := range c.Documents {
			fmt.Printf("%s %q\n", d.Name, d.Data)
		}
	}
	next()
	_ = client.Publish(ctx, "tenant-umbrella.yaml", []byte("limits: {umbrella: 20}"), nacos.Group("TENANTS"))
	next()
	// Output:
	// tenant-acme.yaml "limits: {acme: 10}"
	// tenant-acme.yaml "limits: {acme: 10}"
	// tenant-umbrella.yaml "limits: {umbrella: 20}"
}
