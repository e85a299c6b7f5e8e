package manifest_test

import (
	"fmt"
	"strings"

	"github.com/nacre-go/nacre/manifest"
)

func Example() {
	public, private := keys(1) // in a release pipeline: from its store of keys
	m := manifest.New("2.4.0", map[string][]byte{"orders.yaml": []byte("db: {pool: 20}\n")})
	m.Sequence = 17
	m.Audience = []manifest.Audience{{Namespace: "prod", Group: "*", Service: "orders"}}
	data, err := manifest.Sign(m.YAML(), private)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Split(string(data), "\nsignature")[0])
	read, err := manifest.Verify(data, public)
	fmt.Println(read.Release, err)
	// Output:
	// nacre-manifest: 2
	// release: 2.4.0
	// sequence: 17
	// audience:
	// - namespace: prod
	//   group: "*"
	//   service: orders
	// documents:
	// - name: orders.yaml
	//   format: yaml
	//   sha256: c2998e33cab8c172d71e89d0f80dce69ab77525deecf64d61222753e9115fd1e
	// 2.4.0 <nil>
}
