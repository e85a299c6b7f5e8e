package peer

import (
	"path/filepath"

	"github.com/go-kratos/kratos/v2/config"
	"github.com/go-kratos/kratos/v2/config/file"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

// openKratos2Watching watches the folder of the file, as kratos' layout does: of a file that is
// watched itself, kratos sees no change after the first rename over it. The observer of a key scans
// the whole config.
func openKratos2Watching(path string, called func(*content.Config, error)) (Watching, error) {
	c := config.New(config.WithSource(file.NewSource(filepath.Dir(path))))
	if err := c.Load(); err != nil {
		return nil, err
	}
	return c, c.Watch("server", func(string, config.Value) {
		var value content.ConfigOf[content.Text]
		if err := c.Scan(&value); err != nil {
			called(nil, err)
			return
		}
		called(content.Plain(&value), nil)
	})
}
