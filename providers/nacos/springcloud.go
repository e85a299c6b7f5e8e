package nacos

import (
	"cmp"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// SpringCloud names the configs of a service as Spring Cloud Alibaba does, so that services in Java
// and in Go can read the same ones. Each field stands for the property of that name.
type SpringCloud struct {
	// Prefix is spring.cloud.nacos.config.prefix, or spring.application.name. Empty: the name of
	// the service, see [Config].AppName.
	Prefix string
	// FileExtension is file-extension. Empty: "properties", as in Spring.
	FileExtension string
	// Profiles are spring.profiles.active: "prod,eu". Empty: [Config].Profile.
	Profiles string
	// SharedConfigs and ExtensionConfigs are the data IDs of shared-configs and extension-configs.
	// They may have keys that this service does not know.
	SharedConfigs, ExtensionConfigs []string
}

// SpringCloud returns the configs of a service as layers, in the order of Spring Cloud Alibaba:
// those of SharedConfigs, then those of ExtensionConfigs, then orders, orders.properties and
// orders-prod.properties for each profile. Of two, the latter takes precedence.
//
//	layers := client.SpringCloud(nacos.SpringCloud{FileExtension: "yaml", SharedConfigs: []string{"common.yaml"}})
//	cfg, err := nacre.Open[Config](ctx, append(layers, env.New("ORDERS"))...)
//
// The options apply to all of the configs. Unlike in Spring, each config must exist when the
// service starts, but for the one without an extension; see [Client.Profiles]. For a config in
// another group, put a layer of [Client.Source] in its place.
func (c *Client) SpringCloud(s SpringCloud, opts ...SourceOption) []source.Source {
	prefix := cmp.Or(s.Prefix, c.settings.route.Service)
	extension := strings.TrimPrefix(cmp.Or(s.FileExtension, source.FormatProperties), ".")
	var layers []source.Source
	for _, id := range append(append([]string(nil), s.SharedConfigs...), s.ExtensionConfigs...) {
		layers = append(layers, c.Source(id, append([]SourceOption{AllowUnknown()}, opts...)...))
	}
	bare, _ := c.Source(prefix, append([]SourceOption{Format(source.FormatOf("x." + extension))}, opts...)...).(*configSource)
	bare.optional = true
	layers = append(layers, bare)
	return append(layers, c.Profiles(prefix+"."+extension, cmp.Or(s.Profiles, c.settings.route.Profile), opts...)...)
}
