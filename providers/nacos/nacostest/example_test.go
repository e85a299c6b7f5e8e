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
