package nacostest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// get reads a config over HTTP; a client under test would be in its place.
func get(srv *nacostest.Server) (status int, body string, err error) {
	resp, err := http.Get(srv.URL() + "/v1/cs/configs?dataId=orders.yaml&group=DEFAULT_GROUP")
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

func ExampleStart() {
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	if err := srv.Put("", "DEFAULT_GROUP", "orders.yaml", "db: {pool: 10}"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(get(srv))
	// Output: 200 db: {pool: 10} <nil>
}

// The server answers as a Nacos 3: it has the paths of version 3, and answers those of the console
// of version 2 with 410.
func ExampleOptions_version() {
	srv, err := nacostest.Start(nacostest.Options{Version: "3.0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	for _, path := range []string{"/v1/console/namespaces", "/v3/admin/core/namespace/list", "/v3/client/cs/config?dataId=none&groupName=G"} {
		resp, err := http.Get(srv.URL() + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = resp.Body.Close()
		fmt.Println(resp.StatusCode, path)
	}
	// Output:
	// 410 /v1/console/namespaces
	// 200 /v3/admin/core/namespace/list
	// 200 /v3/client/cs/config?dataId=none&groupName=G
}

// The server fails one request, and is then down until it starts again.
func ExampleServer_FailRequests() {
	srv, err := nacostest.Start(nacostest.Options{DumpDelay: nacostest.Off})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	if err := srv.Publish("", "DEFAULT_GROUP", "orders.yaml", "db: {pool: 10}"); err != nil {
		fmt.Println(err)
		return
	}
	srv.FailRequests(1, http.StatusInternalServerError)
	for range 2 {
		status, _, err := get(srv)
		fmt.Println(status, err)
	}
	srv.Stop()
	_, _, err = get(srv)
	fmt.Println("stopped:", err != nil)
	if err := srv.Start(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(get(srv))
	// Output:
	// 500 <nil>
	// 200 <nil>
	// stopped: true
	// 200 db: {pool: 10} <nil>
}

// A test plays a service that the one under test calls, and sees what is registered.
func ExampleServer_Register() {
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	for _, port := range []int{8080, 8081} {
		if err := srv.Register("", "DEFAULT_GROUP", "stock", nacostest.Instance{IP: "10.0.0.7", Port: port}); err != nil {
			fmt.Println(err)
			return
		}
	}
	srv.Deregister("", "DEFAULT_GROUP", "stock", "10.0.0.7", 8080)
	for _, in := range srv.Instances("", "DEFAULT_GROUP", "stock") {
		fmt.Println(in.IP, in.Port, in.Cluster, in.Weight)
	}
	// Output: 10.0.0.7 8081 DEFAULT 1
}
