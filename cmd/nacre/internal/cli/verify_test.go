package cli_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An instance that hides the md5 of its document runs what the server has only if it has verified
// its content since the publish: verify does not call it the same while the content is on its way.
func TestVerifyOfADocumentWithASecret(t *testing.T) {
	t.Parallel()
	srv, dir := start(t), t.TempDir()
	for name, text := range map[string]string{"nacre.yaml": "version: 1\ndocuments: [orders.yaml]\nenvironments: {prod: }\n", "base/orders.yaml": "db: {password: hunter2}\n"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := srv.Put("", "DEFAULT_GROUP", "orders.yaml", "db: {password: hunter2}\n"); err != nil {
		t.Fatal(err)
	}
	const before, after = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
	for name, c := range map[string]struct {
		layer, want string
		code        int
	}{
		"verified since":         {`"applied":"keyed-1","latest":"keyed-1","verified_at":"` + after + `"`, "1/1 instances run what the server has", 0},
		"verified before":        {`"applied":"keyed-1","latest":"keyed-1","verified_at":"` + before + `"`, "DEFAULT_GROUP/orders.yaml behind", 1},
		"never verified":         {`"applied":"keyed-1","latest":"keyed-1"`, "DEFAULT_GROUP/orders.yaml behind", 1},
		"down since":             {`"applied":"keyed-1","latest":"keyed-1","verified_at":"` + before + `","down":"no route"`, "DEFAULT_GROUP/orders.yaml down: no route", 1},
		"an earlier one refused": {`"applied":"keyed-1","latest":"keyed-2","verified_at":"` + before + `","rejected":["x: is bad"]`, "DEFAULT_GROUP/orders.yaml behind", 1},
		"refused":                {`"applied":"keyed-1","latest":"keyed-2","verified_at":"` + after + `","rejected":["x: is bad"]`, "DEFAULT_GROUP/orders.yaml rejected: x: is bad", 1},
		"of a route":             {`"applied":"route:1","latest":"route:1","verified_at":"` + before + `"`, "DEFAULT_GROUP/orders.yaml behind", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instance := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `{"health":{"version":1,"layers":[{"name":"orders.yaml","identity":"nacos://x/public/DEFAULT_GROUP/orders.yaml","documents":["orders.yaml"],%s}]}}`, c.layer)
			}))
			t.Cleanup(instance.Close)
			code, out, errs := run(t, "verify", "prod", "-C", dir, "--server", srv.Addr(), "--instance", instance.URL, "--timeout", "3s")
			if code != c.code || !strings.Contains(out, c.want) {
				t.Errorf("code %d, want %d and %q: %s%s", code, c.code, c.want, out, errs)
			}
		})
	}
}
