package audit

import (
	"context"

	"github.com/nacre-go/nacre"
)

// Config holds the settings under the key "plugins.audit".
type Config struct {
	File  string   `config:"file" validate:"required"`
	Users []string `config:"users"`
}

// Plugin records who does what.
type Plugin struct{ cfg *nacre.Config[Config] }

// Load starts the plugin. It fails, and changes nothing, if the live settings are not valid for it.
func Load(ctx context.Context, cfg nacre.Root) (*Plugin, error) {
	own, err := nacre.Section[Config](ctx, cfg, "plugins.audit")
	if err != nil {
		return nil, err
	}
	return &Plugin{own}, nil
}

// File returns the file to which the plugin writes.
func (p *Plugin) File() string { return p.cfg.Get().File }

// Unload stops the plugin. Changes need no longer be valid for it.
func (p *Plugin) Unload() error { return p.cfg.Close() }
