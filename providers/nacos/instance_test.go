package nacos_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

// A server knows who is connected to it: what the Config says, and defaults that tell instances
// apart.
func TestInstanceIsTold(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	cfg := config(srv)
	cfg.AppName, cfg.AppVersion, cfg.InstanceID = "orders", "v1.2.3", "orders-7"
	cfg.Labels = map[string]string{"zone": "a", "nacos_config_gray_label": "g", "Vipserver-Tag": "canary", "source": "mine", "app_lane": "blue"}
	ready(t, newClient(t, cfg))
	ready(t, newClient(t, config(srv)))
	conns := srv.Connections()
	if len(conns) != 2 {
		t.Fatalf("there are %d connections, want 2", len(conns))
	}
	told, filled := conns[0].Labels, conns[1].Labels
	if told["AppName"] != "orders" {
		told, filled = filled, told
	}
	for name, want := range map[string]string{
		"AppName": "orders", "app_version": "v1.2.3", "app_instance": "orders-7", "app_zone": "a", "app_lane": "blue",
		"app_nacos_config_gray_label": "g", "Vipserver-Tag": "canary", "app_source": "mine", "source": "sdk", "module": "config",
	} {
		if told[name] != want {
			t.Errorf("label %s is %q, want %q", name, told[name], want)
		}
	}
	host, _ := os.Hostname()
	if filled["AppName"] == "" || !strings.HasPrefix(filled["app_instance"], host+"-") {
		t.Errorf("an instance that says nothing of itself has the labels %v", filled)
	}
	named := config(srv)
	named.AppName = "shop"
	ready(t, newClient(t, named))
	for _, c := range srv.Connections() {
		if c.Labels["AppName"] == "shop" && c.Labels["app_instance"] != filled["app_instance"] {
			t.Error("two clients of a process have different instance ids")
		}
	}
}

// A server shows the instance in its list of connections.
func TestInstanceIsListed(t *testing.T) {
	t.Parallel()
	onEachConfig(t, instanceIsListed)
}

func instanceIsListed(t *testing.T, cfg nacos.Config, _ string) {
	if cfg.Username != "" {
		t.Skip("the list of connections wants an administrator's token; the run without a login shows it")
	}
	cfg.AppName, cfg.AppVersion, cfg.InstanceID = "nacre-orders", "v1.2.3", "orders-7"
	ready(t, newClient(t, cfg))
	three := isNacos3(t)
	path := "/nacos/v2/core/loader/current"
	if three {
		path = "/nacos/v3/admin/core/loader/current"
	}
	req, err := http.NewRequestWithContext(within(t), http.MethodGet, "http://"+cfg.Servers[0]+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true // a connection that is kept would be taken for a leak
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	type connections map[string]struct {
		MetaInfo struct {
			AppName string
			Labels  map[string]string
		}
	}
	var list connections
	if three {
		var wrapped struct{ Data connections }
		err = json.NewDecoder(res.Body).Decode(&wrapped)
		list = wrapped.Data
	} else {
		err = json.NewDecoder(res.Body).Decode(&list)
	}
	if err != nil {
		t.Fatalf("the list of connections, status %s: %v", res.Status, err)
	}
	for _, c := range list {
		if m := c.MetaInfo; m.AppName == "nacre-orders" && m.Labels["app_version"] == "v1.2.3" && m.Labels["app_instance"] == "orders-7" {
			return
		}
	}
	t.Errorf("the server does not list the instance among its %d connections", len(list))
}

// unset takes all variables that FromEnv reads out of the environment, for one test.
func unset(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"NACOS_SERVER_ADDR", "NACOS_REDIRECTS", "NACOS_ENDPOINT", "NACOS_NAMESPACE", "NACOS_GROUP", "NACOS_USERNAME", "NACOS_PASSWORD", "NACOS_PASSWORD_FILE",
		"NACOS_CONTEXT_PATH", "NACOS_APP_NAME", "NACOS_APP_VERSION", "NACOS_INSTANCE_ID", "NACOS_APP_LABELS", "NACOS_GRAY_LABEL", "NACOS_TAG",
		"NACOS_ACCESS_KEY", "NACOS_SECRET_KEY", "NACOS_TLS", "NACOS_TLS_CA_FILE", "NACOS_TLS_CERT_FILE", "NACOS_TLS_KEY_FILE", "NACOS_TLS_SERVER_NAME",
		"NACOS_TLS_INSECURE", "NACOS_PLAINTEXT", "nacos_app_conn_labels", "nacos_config_gray_label",
	} {
		t.Setenv(name, "")
	}
}

func TestInstanceFromEnv(t *testing.T) {
	unset(t)
	t.Setenv("NACOS_ENDPOINT", "finder")
	t.Setenv("NACOS_APP_VERSION", "v2")
	t.Setenv("NACOS_INSTANCE_ID", "i-1")
	t.Setenv("nacos_app_conn_labels", "zone=a, lane = blue")
	t.Setenv("nacos_config_gray_label", "g")
	t.Setenv("NACOS_TAG", "canary")
	c := nacos.FromEnv()
	if c.Endpoint != "finder" || c.AppVersion != "v2" || c.InstanceID != "i-1" || c.Labels["zone"] != "a" || c.Labels["lane"] != "blue" ||
		c.Labels["nacos_config_gray_label"] != "g" || c.Labels["Vipserver-Tag"] != "canary" || len(c.Labels) != 4 {
		t.Errorf("the environment is read as %+v", c)
	}
	if c.TLS != nil {
		t.Error("TLS is on, and nothing in the environment says so")
	}
	t.Setenv("NACOS_APP_LABELS", "zone")
	t.Setenv("NACOS_ACCESS_KEY", "key")
	t.Setenv("NACOS_TLS", "maybe")
	t.Setenv("NACOS_TLS_CERT_FILE", "cert.pem")
	t.Setenv("NACOS_TLS_CA_FILE", filepath.Join(t.TempDir(), "none.pem"))
	_, err := nacos.NewClient(nacos.FromEnv())
	if err == nil {
		t.Fatal("Dial takes an environment with five mistakes")
	}
	for _, want := range []string{"NACOS_APP_LABELS", "NACOS_ACCESS_KEY", "NACOS_TLS", "TLS CA cannot be read", "one is missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
}
