package nacos_test

import (
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

func TestSpringCloud(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	cfg := config(srv)
	cfg.AppName, cfg.Profile = "orders", "prod"
	c := newClient(t, cfg)
	for _, id := range []string{"common.yaml", "redis.yaml", "orders", "orders.yaml", "orders-prod.yaml", "orders-eu.yaml"} {
		if err := srv.Put("", group, id, "from: "+id); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		cloud nacos.SpringCloud
		want  string
	}{
		{nacos.SpringCloud{FileExtension: "yaml", SharedConfigs: []string{"common.yaml"}, ExtensionConfigs: []string{"redis.yaml"}},
			"common.yaml=from: common.yaml unknown, redis.yaml=from: redis.yaml unknown, orders=from: orders optional, orders.yaml=from: orders.yaml, orders-prod.yaml=from: orders-prod.yaml"},
		{nacos.SpringCloud{FileExtension: ".yaml", Profiles: "prod,eu"},
			"orders=from: orders optional, orders.yaml=from: orders.yaml, orders-prod.yaml=from: orders-prod.yaml, orders-eu.yaml=from: orders-eu.yaml"},
		{nacos.SpringCloud{Prefix: "mail"}, "mail absent optional, mail.properties absent, mail-prod.properties absent"},
	} {
		var all []string
		for _, layer := range c.SpringCloud(test.cloud) {
			content, err := layer.Next(within(t), "")
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, describe(content))
		}
		if got := strings.Join(all, ", "); got != test.want {
			t.Errorf("%+v has the layers\n%s\nwant\n%s", test.cloud, got, test.want)
		}
	}
	_, err := c.SpringCloud(nacos.SpringCloud{FileExtension: "yaml", Profiles: "prod,,eu"})[1].Next(within(t), "")
	if err == nil || !strings.Contains(err.Error(), "profile") {
		t.Errorf("profiles that are none are told as %v", err)
	}
}
