package binder_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/nacre-go/nacre/binder"
)

func Example() {
	type Config struct {
		Server struct {
			Addr    string        `config:"addr" default:":8080"`
			Timeout time.Duration `config:"timeout" default:"3s"`
		} `config:"server"`
		MaxBody binder.Size // max_body
		Tags    []string    `config:"tags"`
	}
	var c Config
	err := binder.Bind(map[string]any{
		"server":   map[string]any{"timeout": "250ms"},
		"max_body": "10MiB",
		"tags":     []any{"a", "b"},
	}, &c)
	fmt.Println(c.Server.Addr, c.Server.Timeout, c.MaxBody, c.Tags, err)
	// Output: :8080 250ms 10MiB [a b] <nil>
}

// Everything that is wrong is told at once, with the nearest known key and without any value.
func ExampleBind_problems() {
	type Config struct {
		DB struct {
			Pool    int           `config:"pool"`
			Timeout time.Duration `config:"timeout"`
		} `config:"db"`
	}
	var c Config
	err := binder.Bind(map[string]any{
		"db":   map[string]any{"pol": 3, "timeout": 30, "pool": "20"},
		"pool": 4,
	}, &c)
	fmt.Println(err)
	// Output:
	// db.pol: unknown key, did you mean db.pool?
	// db.pool: must be a whole number, not a string; remove the quotes
	// db.timeout: must be a duration such as 3s, not a bare number
	// pool: unknown key, did you mean db.pool?
}

// Mistakes in the struct itself are found before any value is looked at.
func ExampleBind_mistakes() {
	type Config struct {
		Timeout time.Duration `config:"timeout" default:"3"`
		Wait    time.Duration `config:"timeout"`
	}
	err := binder.Bind(nil, new(Config))
	fmt.Println(strings.ReplaceAll(err.Error(), "binder_test.", ""))
	// Output:
	// timeout: Config.Wait: has the same key as Config.Timeout
	// timeout: Config.Timeout: the default must be a duration such as 3s, not a bare number
}

type Colour struct{ R, G, B uint8 }

func ExampleParse() {
	var c struct {
		Border Colour `config:"border" default:"#ff0000"`
	}
	err := binder.Bind(nil, &c, binder.Parse(func(s string) (c Colour, err error) {
		if _, err := fmt.Sscanf(s, "#%02x%02x%02x", &c.R, &c.G, &c.B); err != nil {
			return c, binder.PublicError("must be a colour such as #ff0000")
		}
		return c, nil
	}))
	fmt.Println(c.Border, err)
	// Output: {255 0 0} <nil>
}
