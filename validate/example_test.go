package validate_test

import (
	"fmt"
	"reflect"
	"time"

	"github.com/nacre-go/nacre/validate"
)

type Limits struct {
	Soft int `config:"soft"`
	Hard int `config:"hard"`
}

// Validate holds what tags cannot say.
func (l Limits) Validate() error {
	if l.Soft > l.Hard {
		return validate.Field("soft", "must be at most hard")
	}
	return nil
}

func Example() {
	type Config struct {
		Timeout time.Duration     `config:"timeout" validate:"min=10ms"`
		Mode    string            `config:"mode" validate:"oneof=debug info"`
		Limits  map[string]Limits `config:"limits"`
		Cert    string            `config:"cert" validate:"required_if=Mode info"`
	}
	err := validate.Struct(Config{Timeout: time.Millisecond, Mode: "info", Limits: map[string]Limits{"eu.west": {Soft: 2, Hard: 1}}})
	fmt.Println(err)
	// Output:
	// timeout: must be at least 10ms
	// cert: is required when mode is info
	// limits."eu.west".soft: must be at most hard
}

func ExampleTag() {
	type Config struct {
		Shards int `config:"shards" validate:"power_of_two"`
	}
	err := validate.Struct(Config{Shards: 12}, validate.Tag("power_of_two", func(value reflect.Value, _ string) bool {
		n := value.Int()
		return n > 0 && n&(n-1) == 0
	}, "must be a power of two"))
	fmt.Println(err)
	// Output: shards: must be a power of two
}

// A tag that cannot work is a mistake of its own, whatever the value.
func ExampleStruct_mistakes() {
	type Config struct {
		Pool int `config:"pool" validate:"gte=one"`
		Max  int `config:"max" validate:"gtfield=Pol"`
	}
	err := validate.Struct(Config{})
	fmt.Println(err)
	// Output:
	// pool: Config.Pool: gte=one does not fit a field of type int
	// max: Config.Max: gtfield names Pol, but there is no such field in Config, which has Pool, Max
}
