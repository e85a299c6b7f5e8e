package nacos_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"
)

func TestProfiles(t *testing.T) {
	t.Parallel()
	srv := start(t, fakenacos.Options{})
	client, err := nacos.NewClient(nacos.Config{Servers: []string{srv.Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	for _, id := range []string{"orders.yaml", "orders-prod.yaml", "orders-eu.yaml"} {
		if err := srv.Put("", group, id, "name: "+id); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		profiles string
		want     string
	}{
		{"", "orders.yaml"},
		{"prod", "orders.yaml orders-prod.yaml"},
		{"prod, eu", "orders.yaml orders-prod.yaml orders-eu.yaml"},
		{"prdo", "orders.yaml orders-prdo.yaml:absent"},
		{"prod,../x", "InvalidName"},
		{"prod,,eu", "InvalidName"},
	} {
		var all []string
		for _, layer := range client.Profiles("orders.yaml", c.profiles) {
			content, err := layer.Next(within(t), "")
			switch {
			case errors.Is(err, nacos.InvalidName):
				all = append(all, "InvalidName")
				if !strings.Contains(err.Error(), "profile") {
					t.Errorf("the error does not say what is wrong with the profiles: %v", err)
				}
			case err != nil:
				t.Fatal(err)
			case content.Documents[0].Absent:
				all = append(all, layer.Name()+":absent")
				if content.Documents[0].Optional {
					t.Error("a config starts without the document of its profile")
				}
			default:
				all = append(all, layer.Name())
			}
			if err := layer.(io.Closer).Close(); err != nil {
				t.Error(err)
			}
		}
		if got := strings.Join(all, " "); got != c.want {
			t.Errorf("the profiles %q are the layers %s, want %s", c.profiles, got, c.want)
		}
	}
}
