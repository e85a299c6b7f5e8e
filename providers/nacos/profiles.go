package nacos

import (
	"github.com/nacre-go/nacre/internal/profile"
	"github.com/nacre-go/nacre/source"
)

// Profiles returns the config with that data ID, and the configs of its profiles, as layers in the
// order for nacre.Open. It is the convention of Spring Cloud: with the profiles "prod,eu",
// orders.yaml has orders-prod.yaml and orders-eu.yaml above it, and of the two the latter wins.
//
//	layers := append(client.Profiles("orders.yaml", os.Getenv("APP_PROFILES")), env.New("ORDERS"))
//	cfg, err := nacre.Open[Config](ctx, layers...)
//
// The options apply to all of the configs. Each must exist when the service starts, unless the
// layer has nacre.AbsentOK: a service whose profile is misspelled would run with the common
// configuration alone. A config may consist of a comment. If the text is not a list of profiles,
// Next of the first layer returns an error of code [InvalidName].
func (c *Client) Profiles(dataID, profiles string, opts ...SourceOption) []source.Source {
	all, err := profile.Split(profiles)
	if err != nil {
		var o sourceOptions
		for _, opt := range opts {
			opt.applySource(&o)
		}
		k := c.key(dataID, o)
		return []source.Source{&configSource{client: c, entry: &entry{key: k}, bad: errBadKey(k, []string{err.Error() + "; " + profile.Fix})}}
	}
	layers := []source.Source{c.Source(dataID, opts...)}
	for _, p := range all {
		layers = append(layers, c.Source(profile.Name(dataID, p), opts...))
	}
	return layers
}
