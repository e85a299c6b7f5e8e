package binding_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// sink has a field of each type that can be bound.
type sink struct {
	S    string                    `config:"a"`
	I    int                       `config:"b" default:"3"`
	I8   int8                      `config:"c"`
	U16  uint16                    `config:"d"`
	F    float32                   `config:"e"`
	B    bool                      `config:"f"`
	D    time.Duration             `config:"g" default:"3s"`
	Sz   binder.Size               `config:"h"`
	T    time.Time                 `config:"i"`
	Loc  *time.Location            `config:"j"`
	URL  url.URL                   `config:"k"`
	Re   *regexp.Regexp            `config:"l"`
	Addr netip.AddrPort            `config:"m"`
	IP   net.IP                    `config:"n"`
	Net  *net.IPNet                `config:"o"`
	Lvl  slog.Level                `config:"p"`
	Big  *big.Int                  `config:"q"`
	Raw  json.RawMessage           `config:"r"`
	Any  any                       `config:"s"`
	By   []byte                    `config:"t"`
	L    []int                     `config:"u" default:"1,2"`
	LL   [][]string                `config:"v"`
	A    [2]time.Duration          `config:"w"`
	M    map[string]sink           `config:"x"`
	MI   map[int8][]uint           `config:"y"`
	MT   map[netip.Addr]*sink      `config:"z"`
	Next *sink                     `config:"aa"`
	Col  colour                    `config:"bb"`
	Sec  secret                    `config:"cc"`
	In   struct{ X, Y sinkLeaf }   `config:"dd"`
	Own  loud                      `config:"ee"`
	Mode []fs.FileMode             `config:"ff" default:"0644"`
	Rest map[string]map[string]int `config:",remain"`
}

type sinkLeaf struct {
	Pool int `config:"pool" default:"7"`
}

// loud tells all it knows in its error.
type loud string

func (l *loud) UnmarshalText(b []byte) error { return fmt.Errorf("%s is bad", b) }

const canary = "canary0815"

// gen makes a tree of the bytes of a fuzzer.
type gen struct {
	b     []byte
	nodes int
}

func (g *gen) next() byte {
	if len(g.b) == 0 {
		return 0
	}
	c := g.b[0]
	g.b = g.b[1:]
	return c
}

// some returns the next few bytes as they are.
func (g *gen) some() string {
	n := int(g.next() % 16)
	return string(g.b[:min(len(g.b), n)])
}

func (g *gen) key() string {
	c := g.next()
	switch {
	case c < 26:
		return string(rune('a' + c))
	case c < 32:
		return strings.Repeat(string(rune('a'+c-26)), 2)
	case c < 40:
		return "poll"
	case c < 60:
		return []string{"pool", "X", "x", "y", "10.0.0.1", "::1", "127", "128", "01", "1"}[c%10]
	}
	return string([]byte{c, g.next()})
}

func (g *gen) node(depth int) *tree.Node {
	g.nodes++
	doc := &tree.Doc{Layer: "fuzz", Name: "f", AllowUnknown: g.next()%8 == 0}
	c := g.next()
	if depth > 12 || g.nodes > 2000 {
		c %= 12
	}
	line, column := int32(g.next()), int32(c)
	scalar := func(v any) *tree.Node { return tree.NewScalar(doc, line, column, v) }
	switch c % 20 {
	case 0:
		return scalar(nil)
	case 1:
		return scalar(canary)
	case 2:
		return scalar(source.Text(canary + "," + canary + "=" + canary))
	case 3:
		n := scalar(int64(int8(g.next())) << (g.next() % 63))
		n.Octal = g.next()%2 == 0
		return n
	case 4:
		return scalar(uint64(math.MaxUint64) - uint64(g.next()))
	case 5:
		return scalar([]float64{math.NaN(), math.Inf(1), 1.5, 1e300, -1e19, 3, 1 << 63, math.Inf(-1)}[g.next()%8])
	case 6:
		return scalar(g.next()%2 == 0)
	case 7:
		return scalar(time.Unix(int64(g.next())<<40, 0))
	case 8:
		return scalar(g.some())
	case 9:
		return scalar(source.Text(g.some()))
	case 10:
		return scalar([]string{"", "3s", "10MiB", "UTC", "http://h", "^a", "10.0.0.1:80", "INFO", "red", "panic", "2026-01-01", canary + "://" + canary + ":%zz", "0644", "\xff", "1e400", ".inf"}[g.next()%16])
	case 11:
		return scalar(source.Text([]string{"", "1", "-1", "1,2", "a=1,b=2", "true", "3s", "\\,", "=", ",", "0x1F", canary, "0644", "-08", "0o644", "\xff"}[g.next()%16]))
	case 12, 13, 14:
		items := make([]*tree.Node, g.next()%5)
		for i := range items {
			items[i] = g.node(depth + 1)
		}
		return tree.NewList(doc, line, column, items)
	}
	var entries []tree.Entry
	had := map[string]bool{}
	for range g.next() % 24 {
		key := g.key()
		if !had[key] {
			had[key] = true
			entries = append(entries, tree.Entry{Key: key, Value: g.node(depth + 1), Line: int32(len(entries)), Column: 1})
		}
	}
	return tree.NewMap(doc, line, column, entries)
}

// FuzzBind holds that no tree panics, that every problem names a key and a kind, and that none
// shows a value.
func FuzzBind(f *testing.F) {
	for i := range 40 {
		seed := make([]byte, 400)
		for j := range seed {
			seed[j] = byte((i + 1) * (j*7 + j*j*i))
		}
		f.Add(seed)
	}
	strict := plan[sink](f)
	hook := func(from, to reflect.Type, data any) (any, error) {
		switch data {
		case "red":
			return nil, errors.New(canary)
		case "panic":
			panic(canary)
		case "INFO":
			return map[string]any{"a": "x", "poll": 3}, nil
		}
		return data, nil
	}
	hooked := plan[sink](f, binder.Hook(hook, hook))
	f.Fuzz(func(t *testing.T, b []byte) {
		g := &gen{b: b}
		root := g.node(0)
		if root.Kind != tree.Map {
			root = tree.NewMap(nil, 0, 0, []tree.Entry{{Key: "aa", Value: root}})
		}
		for _, p := range []*binding.Plan[sink]{strict, hooked} {
			v, report := p.Bind(root)
			spoilt := false
			for _, problem := range report.Problems {
				spoilt = spoilt || problem.Kind != source.UnknownKey
			}
			if spoilt && v != nil || v == nil && len(report.Problems) == 0 {
				t.Fatal("a value with problems, or neither")
			}
			for i, problem := range report.Problems {
				if problem.Kind < source.Malformed || problem.Key == "" && i < binding.MaxProblems || problem.Message == "" {
					t.Fatalf("a problem without a kind, a key or a message: %#v", problem)
				}
				if strings.Contains(problem.Message, "binding panicked") {
					t.Fatalf("the binder itself panicked: %v", problem)
				}
				if _, ok := tree.ParsePath(problem.Key); !ok {
					t.Fatalf("no path: %s", problem.Key)
				}
			}
			if shown := fmt.Sprintf("%v %+v", report.Problems, report); strings.Contains(shown, canary) {
				t.Fatalf("a value is shown: %s", shown)
			}
			if again, twice := p.Bind(root); !reflect.DeepEqual(report.Problems.Error(), twice.Problems.Error()) || (again == nil) != (v == nil) {
				t.Fatal("the same tree was bound in two ways")
			}
		}
	})
}
