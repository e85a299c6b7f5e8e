package peer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/knadh/koanf/parsers/yaml"
	koanffile "github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/nil-go/konf"
	konffile "github.com/nil-go/konf/provider/file"
	"github.com/spf13/viper"
	"gocloud.dev/runtimevar"
	"gocloud.dev/runtimevar/filevar"
	yamlv3 "gopkg.in/yaml.v3"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
	"github.com/nacre-go/nacre/providers/file"
)

// Watching is a config in a file that a peer watches.
type Watching interface{ Close() error }

// Watcher is a way of watching a file.
type Watcher struct {
	Name string
	// Open opens the config in a file. The callback that a service registers calls called with the
	// config that it then has, or with an error.
	Open func(path string, called func(*content.Config, error)) (Watching, error)
	// Cannot says why the peer has no part; empty if it has one.
	Cannot string
}

// Notify is the watcher that none can beat.
const Notify = "fsnotify + yaml.v3"

// Watchers are the ways of watching a file, nacre's first.
func Watchers() []Watcher {
	return []Watcher{
		{Name: Nacre, Open: openNacreWatching(nacre.Off)},
		{Name: "nacre, its defaults", Open: openNacreWatching(0)},
		{Name: Koanf, Open: openKoanfWatching},
		{Name: "viper", Open: openViperWatching},
		{Name: "kratos v2", Open: openKratos2Watching},
		{Name: "kratos v3", Open: openKratos3Watching},
		{Name: "konf", Open: openKonfWatching},
		{Name: "runtimevar", Open: openRuntimevarWatching},
		{Name: Notify, Open: openNotifyWatching},
		{Name: "gookit", Cannot: "its example reloads when the file is written, and not when another is renamed over it"},
		{Name: "go-zero conf", Cannot: "watches no file"},
		{Name: "go-zero center", Cannot: "watches no file"},
		{Name: "agollo", Cannot: "watches no file"},
	}
}

func openNacreWatching(window time.Duration) func(string, func(*content.Config, error)) (Watching, error) {
	return func(path string, called func(*content.Config, error)) (Watching, error) {
		options := nacreOptions()
		options.Window = window
		cfg, err := nacre.OpenWith[content.Config](context.Background(), options, file.New(path))
		if err != nil {
			return nil, err
		}
		_, err = nacre.SubscribeVersions(cfg, func(_ context.Context, c nacre.Change[*content.Config]) error {
			called(c.New, nil)
			return nil
		})
		return cfg, err
	}
}

// koanfWatching is a file provider whose callback loads a fresh copy.
type koanfWatching struct{ file *koanffile.File }

func openKoanfWatching(path string, called func(*content.Config, error)) (Watching, error) {
	f := koanffile.Provider(path)
	load := func() (*content.Config, error) {
		k := koanf.New(".")
		if err := k.Load(f, yaml.Parser()); err != nil {
			return nil, err
		}
		var c content.Config
		return &c, k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{Tag: "yaml"})
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	return koanfWatching{f}, f.Watch(func(_ any, err error) {
		if err != nil {
			called(nil, err)
			return
		}
		called(load())
	})
}

func (w koanfWatching) Close() error { return w.file.Unwatch() }

// viperWatching is a viper with its callback. It has no end.
type viperWatching struct{}

func openViperWatching(path string, called func(*content.Config, error)) (Watching, error) {
	v := viper.New()
	v.SetConfigFile(path)
	if err := v.ReadInConfig(); err != nil {
		return nil, err
	}
	v.OnConfigChange(func(fsnotify.Event) {
		var c content.Config
		err := v.Unmarshal(&c, viperTag)
		called(&c, err)
	})
	v.WatchConfig()
	return viperWatching{}, nil
}

func (viperWatching) Close() error { return nil }

// konfWatching is a config with a file provider, whose callback unmarshals the whole.
type konfWatching struct {
	stop    context.CancelFunc
	stopped chan error
}

func openKonfWatching(path string, called func(*content.Config, error)) (Watching, error) {
	c := konf.New(konf.WithTagName("yaml"))
	if err := c.Load(konffile.New(path, konffile.WithUnmarshal(yamlv3.Unmarshal))); err != nil {
		return nil, err
	}
	c.OnChange(func(c *konf.Config) {
		var value content.Config
		err := c.Unmarshal("", &value)
		called(&value, err)
	})
	ctx, stop := context.WithCancel(context.Background())
	w := konfWatching{stop, make(chan error, 1)}
	go func() { w.stopped <- c.Watch(ctx) }()
	return w, nil
}

func (w konfWatching) Close() error {
	w.stop()
	if err := <-w.stopped; !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// runtimevarWatching is a variable on a file, and a goroutine that waits for its next snapshot.
type runtimevarWatching struct {
	variable *runtimevar.Variable
	done     chan struct{}
}

func openRuntimevarWatching(path string, called func(*content.Config, error)) (Watching, error) {
	decode := func(_ context.Context, data []byte, to any) error { return yamlv3.Unmarshal(data, to) }
	variable, err := filevar.OpenVariable(path, runtimevar.NewDecoder((*content.Config)(nil), decode), nil)
	if err != nil {
		return nil, err
	}
	if _, err := variable.Watch(context.Background()); err != nil {
		return nil, err
	}
	w := runtimevarWatching{variable, make(chan struct{})}
	go func() {
		defer close(w.done)
		for {
			snapshot, err := variable.Watch(context.Background())
			if errors.Is(err, runtimevar.ErrClosed) {
				return
			}
			c, _ := snapshot.Value.(*content.Config)
			called(c, err)
		}
	}()
	return w, nil
}

func (w runtimevarWatching) Close() error {
	err := w.variable.Close()
	<-w.done
	return err
}

// notifyWatching is the least that is needed: a watch of the folder, and YAML into the struct with
// its rules.
type notifyWatching struct{ watcher *fsnotify.Watcher }

func openNotifyWatching(path string, called func(*content.Config, error)) (Watching, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	if err := w.Add(filepath.Dir(path)); err != nil {
		return nil, err
	}
	go func() {
		for event := range w.Events {
			if event.Name != path || !event.Has(fsnotify.Create|fsnotify.Write) {
				continue
			}
			data, err := os.ReadFile(path)
			if err != nil {
				called(nil, err)
				continue
			}
			called(buildStruct[content.Config](Documents{Data: [][]byte{data}}))
		}
	}()
	return notifyWatching{w}, nil
}

func (w notifyWatching) Close() error { return w.watcher.Close() }
