package audit

import (
	"context"

	"github.com/nacre-go/nacre"
)

// Config is what stands under "plugins.audit".
type Config struct {
	File  string   `config:"file" validate:"required"`
	Users []string `config:"users"`
}

// Plugin writes down who does what.
type Plugin struct{ cfg *nacre.Config[Config] }

// Load starts the plugin. It fails, and changes nothing, where the settings that are live are not good for it.
func Load[App any](ctx context.Context, cfg *nacre.Config[App]) (*Plugin, error) {
	own, err := nacre.Section[Config](ctx, cfg, "plugins.audit")
	if err != nil {
		return nil, err
	}
	return &Plugin{own}, nil
}

// File is where the plugin writes to now.
func (p *Plugin) File() string { return p.cfg.Get().File }

// Unload ends the plugin: from then on changes need not be good for it.
func (p *Plugin) Unload() error { return p.cfg.Close() }
