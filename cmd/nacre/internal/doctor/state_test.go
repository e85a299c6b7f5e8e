package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/doctor"
	"github.com/nacre-go/nacre/providers/nacos"
)

// The files in testdata are answers of a real 2.3.2, without and with a login, and the answer of a
// 3.0.3 as its source writes it.
func TestWhatAServerTells(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, file string
		change     []string // pairs of a text and its replacement
		want       []string
	}{
		"2.3.2": {"/nacos/v1/console/server/state", "state-2.3.2.json", nil, []string{
			"pass server: Nacos 2.3.2, standalone, HTTP interface v1",
			"warn login: the server requires no login: anyone who reaches it can change every config",
			"pass limits: a config has at most 10 MiB; the number of configs is not limited",
		}},
		"2.3.2 with a login": {"/nacos/v1/console/server/state", "state-2.3.2-auth.json", nil, []string{
			"pass server: Nacos 2.3.2, standalone, HTTP interface v1",
			"pass authentication: required, of the kind nacos",
			"pass limits: a config has at most 10 MiB; the number of configs is not limited",
		}},
		"3.0.3": {"/nacos/v3/admin/core/state", "state-3.0.3.json", nil, []string{
			"pass server: Nacos 3.0.3, cluster, HTTP interface v3",
			"pass authentication: required, of the kind nacos",
			"pass limits: a config has at most 10 MiB; the number and size of configs is limited, unless set otherwise to 200 in a group and to 100 KiB; the history is kept for 30 days",
		}},
		"3.0.3 without an administrator": {"/nacos/v3/admin/core/state", "state-3.0.3.json", []string{`"auth_admin_request":"false"`, `"auth_admin_request":"true"`}, []string{
			"warn authentication: the server has no administrator yet: anyone who reaches it can become one",
		}},
		"a cluster with its own database": {"/nacos/v3/admin/core/state", "state-3.0.3.json", []string{`"datasource_platform":"mysql"`, `"datasource_platform":"derby"`}, []string{
			"warn database: the cluster keeps its configs in its own database: clients see a content that it has refused, after a publish with the wrong md5, until the next publish",
		}},
		"a plugin": {"/nacos/v3/admin/core/state", "state-3.0.3.json", []string{`"auth_system_type":"nacos"`, `"auth_system_type":"oidc\u0007"`}, []string{
			"warn authentication: required, by the plugin oidc, whose login may be another one than that of Nacos",
		}},
		"a server that says little": {"/nacos/v1/console/server/state", "", nil, []string{
			"skip authentication: not told: the server does not say whether it requires a login",
			"skip limits: not told: the server does not say its limits",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := []byte(`{"version": "2.0.0"}`)
			if c.file != "" {
				var err error
				if answer, err = os.ReadFile(filepath.Join("testdata", c.file)); err != nil {
					t.Fatal(err)
				}
			}
			text := strings.NewReplacer(c.change...).Replace(string(answer))
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != c.path {
					http.NotFound(w, r)
					return
				}
				_, _ = w.Write([]byte(text))
			}))
			t.Cleanup(web.Close)
			_, closed, _ := strings.Cut(closedPort(t), ":")
			all, _ := run(t, doctor.Settings{Config: nacos.Config{Servers: []string{strings.TrimPrefix(web.URL, "http://") + "?grpc=" + closed}, Plaintext: true}})
			said := map[string]bool{}
			for _, f := range all {
				said[string(f.Result)+" "+f.Check+": "+f.Text] = true
			}
			for _, line := range c.want {
				if !said[line] {
					t.Errorf("no finding %q in %+v", line, all)
				}
			}
		})
	}
}
