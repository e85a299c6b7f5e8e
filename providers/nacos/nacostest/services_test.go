package nacostest_test

import (
	"net/http"
	"net/url"
	"reflect"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// What is registered is what Instances returns, whoever has registered it; a restart keeps it.
func TestServices(t *testing.T) {
	t.Parallel()
	srv := start(t, nacostest.Options{})
	other := nacostest.Instance{
		IP: "10.0.0.7", Port: 8080, Cluster: "c1", Weight: 2.5, Unhealthy: true, Disabled: true, Metadata: map[string]string{"version": "2"},
	}
	if err := srv.Register("team", group, "stock", other); err != nil {
		t.Fatal(err)
	}
	// As a client that declares no more than it must.
	resp, err := http.PostForm(srv.URL()+"/v1/ns/instance", url.Values{
		"namespaceId": {"public"}, "serviceName": {group + "@@orders"}, "ip": {"10.0.0.8"}, "port": {"80"}, "ephemeral": {"false"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	srv.Stop()
	if err := srv.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := srv.Instances("team", group, "stock"); !reflect.DeepEqual(got, []nacostest.Instance{other}) {
		t.Errorf("the test registered %+v, and the server has %+v", other, got)
	}
	plain := nacostest.Instance{IP: "10.0.0.8", Port: 80, Cluster: "DEFAULT", Weight: 1, Persistent: true, Metadata: map[string]string{}}
	if got := srv.Instances("", group, "orders"); !reflect.DeepEqual(got, []nacostest.Instance{plain}) {
		t.Errorf("the client registered %+v, and the server has %+v", plain, got)
	}
	if err := srv.Register("", group, "orders", nacostest.Instance{IP: "10.0.0.9", Port: 80}); err == nil {
		t.Error("a service has instances of both kinds")
	}
	srv.Deregister("public", group, "orders", "10.0.0.8", 80)
	srv.Deregister("team", group, "stock", "10.0.0.7", 8080)
	if got := append(srv.Instances("", group, "orders"), srv.Instances("team", group, "stock")...); len(got) != 0 {
		t.Errorf("after all were deregistered there is %+v", got)
	}
	if err := srv.Register("", group, "a@@b", nacostest.Instance{IP: "10.0.0.9", Port: 80}); err == nil {
		t.Error("the server takes a name that a real one rejects")
	}
}
