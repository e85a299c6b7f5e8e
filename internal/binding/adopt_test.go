package binding_test

import (
	"errors"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	successor "github.com/go-viper/mapstructure/v2"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/source"
)

// theirs and its parts are what a hook returns; ours and its parts are what a service binds to.
type theirs struct {
	TheirBase `mapstructure:",squash"`
	Name      string               `mapstructure:"name"`
	Port      int                  `mapstructure:"port"`
	Wait      time.Duration        `mapstructure:"wait"`
	At        time.Time            `mapstructure:"at"`
	IP        net.IP               `mapstructure:"ip"`
	Addr      netip.Addr           `mapstructure:"addr"`
	Point     point                `mapstructure:"point"`
	Nodes     []theirNode          `mapstructure:"nodes"`
	ByName    map[string]theirNode `mapstructure:"by_name"`
	Pair      [2]int               `mapstructure:"pair"`
	First     *theirNode           `mapstructure:"first"`
	None      *theirNode           `mapstructure:"none"`
	Any       any                  `mapstructure:"any"`
	hidden    int
}

type TheirBase struct {
	Zone string `mapstructure:"zone"`
}

type theirNode struct{ Host string }

type ours struct {
	Zone   string             `mapstructure:"zone"`
	Name   string             `mapstructure:"name"`
	Port   int64              `mapstructure:"port"`
	Wait   time.Duration      `mapstructure:"wait"`
	At     time.Time          `mapstructure:"at"`
	IP     net.IP             `mapstructure:"ip"`
	Addr   netip.Addr         `mapstructure:"addr"`
	Point  point              `mapstructure:"point"`
	Nodes  []*ourNode         `mapstructure:"nodes"`
	ByName map[string]ourNode `mapstructure:"by_name"`
	Pair   [2]int8            `mapstructure:"pair"`
	First  ourNode            `mapstructure:"first"`
	None   *ourNode           `mapstructure:"none"`
	Any    any                `mapstructure:"any"`
}

type ourNode struct {
	Host string `mapstructure:"host"`
}

// A struct that a hook returns is bound part by part, each part through the hooks, to what the
// successor of mapstructure makes of it. Only structs with unexported fields differ: their values
// arrive here.
func TestAStructThatAHookReturns(t *testing.T) {
	t.Parallel()
	made := theirs{
		TheirBase: TheirBase{"z"}, Name: "n", Port: 9, Wait: time.Second, At: time.Unix(5, 0).UTC(), IP: net.IPv4(10, 0, 0, 1), Addr: netip.MustParseAddr("::1"),
		Point: point{1, 2}, Nodes: []theirNode{{"a"}, {"b"}}, ByName: map[string]theirNode{"x.y": {"c"}}, Pair: [2]int{3, 4}, First: &theirNode{"d"},
		Any: "text", hidden: 1,
	}
	for name, returned := range map[string]any{
		"a struct": made, "a pointer": &made,
		"a map of values": map[string]any{"name": "n", "nodes": []theirNode{{"a"}}, "first": theirNode{"d"}, "by_name": map[string]any{"k": &theirNode{"e"}}},
	} {
		hook := func(_, to reflect.Type, data any) (any, error) {
			switch {
			case data == "make" && to == reflect.TypeFor[ours]():
				return returned, nil
			case data == "text" || data == "n":
				return strings.ToUpper(data.(string)), nil
			}
			return data, nil
		}
		var want one[ours]
		decoder, err := successor.NewDecoder(&successor.DecoderConfig{Result: &want, DecodeHook: hook, TagName: "mapstructure", MatchName: func(key, field string) bool {
			return strings.EqualFold(key, field)
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := decoder.Decode(map[string]any{"V": "make"}); err != nil {
			t.Fatal(err)
		}
		if want.V.Name != "N" || len(want.V.Nodes) == 0 {
			t.Fatalf("%s: mapstructure itself gives %+v", name, want)
		}
		if name != "a map of values" { // mapstructure loses the fields that are not exported, and with them the value
			if want.V.At.Year() != 1 || want.V.Addr.IsValid() || want.V.Point != (point{}) {
				t.Errorf("%s: mapstructure keeps more than before: %+v", name, want.V)
			}
			want.V.At, want.V.Addr, want.V.Point = made.At, made.Addr, made.Point
		}
		if got := bindTo[one[ours]](t, pairs{"v", "make"}, binder.Hook(hook)); !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: a hook's struct is bound to\n%+v, must be\n%+v", name, *got, want)
		}
	}
}

// What has no place in the field's type is one problem without a value, at the node that the hook
// replaced.
func TestAStructThatDoesNotFit(t *testing.T) {
	t.Parallel()
	type knot struct {
		Host string
		Next any
	}
	ring := &knot{Host: "canary"}
	ring.Next = ring
	for name, returned := range map[string]any{
		"a key too many": struct{ Host, Canary string }{"canary", "canary"}, "a wrong type": struct{ Host []string }{[]string{"canary"}},
		"a channel": make(chan int), "a ring": ring, "a bad tag": struct {
			Host string `config:"host,canary"`
		}{"canary"},
		"a list": [1]struct{ Host string }{{"canary"}}, "nil in a struct": struct{ Host *struct{ X any } }{},
	} {
		problems := problemsOrNone[one[ourNode]](t, pairs{"v", "make"}, binder.Hook(func(_, to reflect.Type, data any) (any, error) {
			if data == "make" && to == reflect.TypeFor[ourNode]() {
				return returned, nil
			}
			return data, nil
		}))
		if name == "nil in a struct" {
			if len(problems) != 0 {
				t.Errorf("nil leaves the field as it is, but is %v", problems)
			}
			continue
		}
		if len(problems) != 1 || !errors.Is(problems, source.WrongType) || strings.Contains(problems.Error(), "canary") || problems[0].Position.Line != 1 {
			t.Errorf("%s: the problems are %v", name, problems)
		}
	}
}
