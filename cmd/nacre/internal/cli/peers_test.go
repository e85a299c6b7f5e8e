package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// instances starts a server for each state of an instance, with the same content live, and returns
// their addresses.
func instances(t *testing.T, md5 string, states ...string) (addresses []string) {
	t.Helper()
	for _, state := range states {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"health":{"version":1,%s,"layers":[{"name":"orders.yaml","documents":["orders.yaml"],"applied":"md5:%s","latest":"md5:%[2]s"}]}}`, state, md5)
		}))
		t.Cleanup(srv.Close)
		addresses = append(addresses, srv.Listener.Addr().String())
	}
	return addresses
}

// who and rollout status name the instances that share an ID, and those that bind another struct,
// and still succeed.
func TestInstancesThatDoNotFitTogetherAreNamed(t *testing.T) {
	t.Parallel()
	srv := start(t)
	if err := srv.Put("", "DEFAULT_GROUP", "orders.yaml", "db: {pool: 10}\n"); err != nil {
		t.Fatal(err)
	}
	_, out, _ := run(t, "get", "orders.yaml", "--server", srv.Addr(), "-o", "json")
	var item struct {
		MD5 string `json:"md5"`
	}
	if err := json.Unmarshal([]byte(out), &item); err != nil || item.MD5 == "" {
		t.Fatalf("the server has %s, %v", out, err)
	}
	const state = `"instance":{"service":"%s","version":"%s","id":"%s","host":"web","process":"%s"},"struct":"s1-%s"`
	all := instances(t, item.MD5,
		fmt.Sprintf(state, "orders", "v1", "orders-1", "p1", "a"), fmt.Sprintf(state, "orders", "v1", "orders-2", "p2", "a"), fmt.Sprintf(state, "orders", "v2", "orders-1", "p3", "b"),
		fmt.Sprintf(state, "users", "v7", "orders-1", "p4", "c"), `"pinned":false`)
	for _, command := range [][]string{{"who"}, {"rollout", "status"}} {
		args := append(command, "orders.yaml", "--server", srv.Addr(), "--instance", strings.Join(all, ","))
		code, out, errs := run(t, args...)
		for _, want := range []string{
			"warning: 2 instances of orders share the ID orders-1: " + all[0] + ", " + all[2] + "; give each an ID of its own, or none (nacos.Config.InstanceID, NACOS_INSTANCE_ID)\n",
			"warning: 1 of 3 instances of orders binds another struct: " + all[2] + " (orders-1); they have the version v2, and the others v1; this is normal while a deploy runs\n",
		} {
			if !strings.Contains(errs, want) {
				t.Errorf("%s: %q is not in %q", command, want, errs)
			}
		}
		if code != 0 || strings.Count(errs, "warning") != 2 || strings.Contains(out, "warning") {
			t.Errorf("%s: code %d, %q on stdout and %q on stderr; want 0 and two warnings", command, code, out, errs)
		}
		_, out, _ = run(t, append(args, "-o", "json")...)
		var got struct {
			Items    []struct{ Instance, Service, ID, Struct string }
			Findings []struct {
				Kind, Service, ID string
				Instances         []string
				Structs           []struct{ Struct string }
			}
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatalf("%s: %v in %s", command, err, out)
		}
		if want := fmt.Sprintf(`[{shared_id orders orders-1 [%s %s] []} {structs_differ orders  [%[2]s] [{s1-a} {s1-b}]}]`, all[0], all[2]); fmt.Sprint(got.Findings) != want {
			t.Errorf("%s: the findings are %v, want %s", command, got.Findings, want)
		}
		if len(got.Items) != 5 || got.Items[3].Service != "users" || got.Items[3].ID != "orders-1" || got.Items[3].Struct != "s1-c" || got.Items[4].ID != "" {
			t.Errorf("%s: the items are %+v", command, got.Items)
		}
	}
}
