package nacostest_test

import (
	"fmt"
	"io"
	"net/http"

	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

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
	resp, err := http.Get(srv.URL() + "/v1/cs/configs?dataId=orders.yaml&group=DEFAULT_GROUP")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(body), err)
	// Output: 200 db: {pool: 10} <nil>
}

// A client under test would be in the place of the HTTP reads here.
func ExampleFaults() {
	srv, err := nacostest.Start(nacostest.Options{DumpDelay: -1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	if err := srv.Publish("", "DEFAULT_GROUP", "orders.yaml", "db: {pool: 10}"); err != nil {
		fmt.Println(err)
		return
	}
	srv.Faults().TornContent(1)
	srv.Faults().Deny(1, nacostest.Match{Key: nacostest.Key{DataID: "secret.yaml"}})
	for _, id := range []string{"orders.yaml", "orders.yaml", "secret.yaml"} {
		resp, err := http.Get(srv.URL() + "/v1/cs/configs?group=DEFAULT_GROUP&dataId=" + id)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		fmt.Println(resp.StatusCode, len(body), "bytes")
	}
	fmt.Println(srv.Stats().Faults)
	// Output:
	// 200 7 bytes
	// 200 14 bytes
	// 403 108 bytes
	// map[Deny:1 TornContent:1]
}
