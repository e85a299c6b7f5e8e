package realnacos

import (
	"cmp"
	"net/http"
	"os"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
)

// Config returns the settings for the server. Without one it skips the test.
func Config(t testing.TB) nacos.Config {
	t.Helper()
	addr := os.Getenv("NACRE_NACOS_ADDR")
	if addr == "" {
		t.Skip("set NACRE_NACOS_ADDR=host:port (and NACRE_NACOS_USERNAME, NACRE_NACOS_PASSWORD) to run this against a real server")
	}
	return nacos.Config{
		Servers: []string{addr},
		// A Nacos 3 as it ships asks for a login in the administrators' interface only.
		Username: cmp.Or(os.Getenv("NACRE_NACOS_USERNAME"), os.Getenv("NACRE_NACOS_ADMIN")),
		Password: nacos.NewPassword(os.Getenv("NACRE_NACOS_PASSWORD")),
	}
}

// NeedsLogin reports whether the server asks each client for a login.
func NeedsLogin() bool { return os.Getenv("NACRE_NACOS_USERNAME") != "" }

// IsShipped reports whether only the administration of the server asks for a login.
func IsShipped() bool { return os.Getenv("NACRE_NACOS_ADMIN") != "" }

// Is3 reports whether the server is a Nacos 3.
func Is3(t testing.TB) bool {
	t.Helper()
	addr := os.Getenv("NACRE_NACOS_ADDR")
	if addr == "" {
		return false
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/nacos/v3/admin/core/state", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true // a connection that is kept would be taken for a leak
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode == http.StatusOK
}
