package apicheck_test

import (
	"slices"
	"testing"

	"github.com/nacre-go/nacre/internal/apicheck"
)

// allowed is a foreign type that a public signature has on purpose.
type allowed struct{ place, foreign, why string }

// allowedTypes are the types of other modules that an adapter exists for.
var allowedTypes = []allowed{
	{"koanfview.Of", "github.com/knadh/koanf/v2.Koanf", "the package shows a config as koanf does"},
	{"providers/koanf.New", "github.com/knadh/koanf/v2.Provider", "the package adapts providers of koanf"},
	{"providers/koanf.New", "github.com/knadh/koanf/v2.Parser", "a provider of koanf is read with a parser of koanf"},
	{
		"providers/nacos/nacossdk.New", "github.com/nacos-group/nacos-sdk-go/v2/clients/config_client.IConfigClient",
		"the package adapts the client of nacos-sdk-go that a service has",
	},
	{
		"providers/nacos/ram.New", "github.com/nacos-group/nacos-sdk-go/v2/common/constant.ClientConfig",
		"the package reads the settings that a service has for nacos-sdk-go",
	},
	{
		"providers/nacos/sdkconfig.From", "github.com/nacos-group/nacos-sdk-go/v2/common/constant.ClientConfig",
		"the package converts the settings that a service has for nacos-sdk-go",
	},
	{
		"providers/nacos/sdkconfig.From", "github.com/nacos-group/nacos-sdk-go/v2/common/constant.ServerConfig",
		"the package converts the settings that a service has for nacos-sdk-go",
	},
}

// TestPublicSignatures holds that no exported name of this module shows a type of an internal
// package, which a user cannot name, or of another module, which a user would be bound to.
func TestPublicSignatures(t *testing.T) {
	t.Parallel()
	api, err := apicheck.Load(t.Context(), "../..", "examples", "ci")
	if err != nil {
		t.Fatal(err)
	}
	used := make([]bool, len(allowedTypes))
	for _, f := range api.Foreign() {
		i := slices.IndexFunc(allowedTypes, func(a allowed) bool { return a.place == f.Place && a.foreign == f.Type })
		if i < 0 {
			t.Errorf("%s has %s in its signature; use a type of a public package of this module, or make the name unexported", f.Place, f.Type)
			continue
		}
		used[i] = true
	}
	for i, a := range allowedTypes {
		if !used[i] {
			t.Errorf("%s no longer has %s in its signature; remove the stale entry from the list in this file", a.place, a.foreign)
		}
	}
	for _, a := range allowedTypes {
		if a.why == "" {
			t.Errorf("the entry of %s and %s has no reason", a.place, a.foreign)
		}
	}
}
