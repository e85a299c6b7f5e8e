package nacre_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/source"
)

type nullItem struct {
	X int    `config:"x" default:"5"`
	Y string `config:"y"`
}

type nullConfig struct {
	M  map[string]int            `config:"m"`
	S  nullItem                  `config:"s"`
	L  []int                     `config:"l"`
	N  int                       `config:"n" default:"7"`
	B  bool                      `config:"b" default:"true"`
	T  string                    `config:"t" default:"d"`
	P  *int                      `config:"p"`
	PS *nullItem                 `config:"ps"`
	MS map[string]nullItem       `config:"ms"`
	MP map[string]*nullItem      `config:"mp"`
	MM map[string]map[string]int `config:"mm"`
	ML map[string][]int          `config:"ml"`
	MT map[string]string         `config:"mt"`
	LS []nullItem                `config:"ls"`
}

// place is a row of the table in docs/null.md: where the value stands, what a lower layer has
// there, and what a config has there.
type place struct {
	write func(value string) string
	lower string
	get   func(c *nullConfig) any
	// what get returns for each word of the table
	words map[string]any
}

func field(key, lower string, get func(*nullConfig) any, words map[string]any) place {
	return place{write: func(v string) string { return key + ": " + v }, lower: key + ": " + lower, get: get, words: words}
}

func inMap(key, lower string, get func(*nullConfig) (any, bool), words map[string]any) place {
	words["gone"] = "gone"
	return place{write: func(v string) string { return key + ": {a: " + v + ", other: " + lower + "}" }, lower: key + ": {a: " + lower + "}",
		get: func(c *nullConfig) any {
			if v, there := get(c); there {
				return v
			}
			return "gone"
		}, words: words}
}

func deref[T any](p *T) any {
	if p == nil {
		return "nil"
	}
	return *p
}

func nilOr[M ~map[string]V | ~[]V, V any](m M, isNil bool) any {
	if isNil {
		return "nil"
	}
	return fmt.Sprint(m)
}

var defaultItem, lowerItem = nullItem{X: 5}, nullItem{X: 1, Y: "k"}

var places = map[string]place{
	"a map": field("m", "{a: 1}", func(c *nullConfig) any { return nilOr[map[string]int, int](c.M, c.M == nil) },
		map[string]any{"default": "nil", "empty": "map[]", "lower": "map[a:1]"}),
	"a struct": field("s", "{x: 1, y: k}", func(c *nullConfig) any { return c.S }, map[string]any{"default": defaultItem, "lower": lowerItem}),
	"a list": field("l", "[1, 2]", func(c *nullConfig) any { return nilOr[[]int, int](c.L, c.L == nil) },
		map[string]any{"default": "nil", "empty": "[]", "lower": "[1 2]"}),
	"a number":              field("n", "1", func(c *nullConfig) any { return c.N }, map[string]any{"default": 7, "lower": 1}),
	"a bool":                field("b", "false", func(c *nullConfig) any { return c.B }, map[string]any{"default": true, "lower": false}),
	"a string":              field("t", "k", func(c *nullConfig) any { return c.T }, map[string]any{"default": "d", "empty": "", "lower": "k"}),
	"a pointer to a number": field("p", "1", func(c *nullConfig) any { return deref(c.P) }, map[string]any{"default": "nil", "lower": 1}),
	"a pointer to a struct": field("ps", "{x: 1, y: k}", func(c *nullConfig) any { return deref(c.PS) },
		map[string]any{"default": "nil", "present": defaultItem, "lower": lowerItem}),
	"an entry of a map of structs": inMap("ms", "{x: 1, y: k}", func(c *nullConfig) (any, bool) { v, ok := c.MS["a"]; return v, ok },
		map[string]any{"present": defaultItem, "lower": lowerItem}),
	"an entry of a map of pointers to structs": inMap("mp", "{x: 1, y: k}", func(c *nullConfig) (any, bool) { v, ok := c.MP["a"]; return deref(v), ok },
		map[string]any{"present": defaultItem, "lower": lowerItem}),
	"an entry of a map of maps": inMap("mm", "{k: 1}", func(c *nullConfig) (any, bool) {
		v, ok := c.MM["a"]
		return nilOr[map[string]int, int](v, v == nil), ok
	}, map[string]any{"present": "map[]", "lower": "map[k:1]"}),
	"an entry of a map of lists": inMap("ml", "[1]", func(c *nullConfig) (any, bool) { v, ok := c.ML["a"]; return nilOr[[]int, int](v, v == nil), ok },
		map[string]any{"present": "[]", "lower": "[1]"}),
	"an entry of a map of numbers": inMap("m", "1", func(c *nullConfig) (any, bool) { v, ok := c.M["a"]; return v, ok }, map[string]any{"lower": 1}),
	"an entry of a map of strings": inMap("mt", "k", func(c *nullConfig) (any, bool) { v, ok := c.MT["a"]; return v, ok }, map[string]any{"present": "", "lower": "k"}),
	"an item of a list of numbers": {write: func(v string) string { return "l: [" + v + "]" }, get: func(c *nullConfig) any { return fmt.Sprint(c.L) }},
	"an item of a list of structs": {write: func(v string) string { return "ls: [" + v + "]" },
		get: func(c *nullConfig) any { return c.LS[0] }, words: map[string]any{"present": defaultItem}},
}

// Every cell of the table in docs/null.md is what happens.
func TestNullIsAsTheTableSays(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/null.md")
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	cells := 0
	for line := range strings.Lines(string(text)) {
		row := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(row) < 6 {
			continue
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		if values == nil {
			for _, head := range row[1:] {
				value, _, _ := strings.Cut(head, ",")
				values = append(values, strings.Trim(value, "`"))
			}
			continue
		}
		if strings.HasPrefix(row[0], "-") {
			continue
		}
		p, known := places[row[0]]
		if !known {
			t.Errorf("the table has a row that the test does not know: %s", row[0])
			continue
		}
		for i, cell := range row[1:] {
			words := strings.Split(cell, ", ")
			if len(words) != 2 {
				t.Fatalf("%s: a cell has two words, this one is %q", row[0], cell)
			}
			for over, word := range words {
				if word == "-" {
					continue
				}
				cells++
				check(t, p, row[0], values[i], word, over == 1)
			}
		}
	}
	if cells < 130 {
		t.Errorf("the table has only %d words", cells)
	}
}

func check(t *testing.T, p place, name, value, want string, over bool) {
	t.Helper()
	top := "# nothing"
	if value != "no such key" {
		top = p.write(value)
	}
	var layers []source.Source
	if over {
		layers = append(layers, memoryLayer("low.yaml", p.lower))
	}
	layers = append(layers, memoryLayer("top.yaml", top))
	cfg, err := nacre.OpenWith[nullConfig](t.Context(), quiet, layers...)
	if err != nil {
		if want != "rejected" || !strings.Contains(err.Error(), "top.yaml:1:") {
			t.Errorf("%s, %s, over a lower layer: %v: rejected, want %s: %v", name, value, over, want, err)
		}
		return
	}
	defer func() { _ = cfg.Close() }()
	if got := p.get(cfg.Get()); want == "rejected" || got != p.words[want] {
		t.Errorf("%s, %s, over a lower layer: %v: got %v, want %s (%v)", name, value, over, got, want, p.words[want])
	}
}

// The same holds for every format that has null, and a key without a value is no default of the
// entry's neighbours.
func TestABareKeyInJSON(t *testing.T) {
	t.Parallel()
	cfg := layered[nullConfig](t, quiet, memoryLayer("a.json", `{"ms": {"a": null, "b": {"x": 2}}, "mm": {"c": {"d": 1}, "e": null}}`))
	if c := cfg.Get(); fmt.Sprint(c.MS) != "map[a:{5 } b:{2 }]" || fmt.Sprint(c.MM) != "map[c:map[d:1] e:map[]]" {
		t.Errorf("live is %+v", *c)
	}
}

// Three layers: what the middle takes away is not there for the top, and what the top names again
// is there with defaults.
func TestBareKeysInThreeLayers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		layers []string
		want   string
	}{
		"taken away, then named":         {[]string{"ms: {a: {x: 1, y: k}}", "ms: {a: }", "ms: {a: }"}, "map[a:{5 }]"},
		"taken away, then set":           {[]string{"ms: {a: {x: 1, y: k}}", "ms: {a: }", "ms: {a: {y: n}}"}, "map[a:{5 n}]"},
		"named, named, named":            {[]string{"ms: {a: }", "ms: {a: }", "ms: {a: }"}, "map[a:{5 }]"},
		"named, then set":                {[]string{"ms: {a: }", "ms: {a: {y: n}}"}, "map[a:{5 n}]"},
		"named, set, taken away":         {[]string{"ms: {a: }", "ms: {a: {y: n}}", "ms: {a: }"}, "map[]"},
		"the map is taken away":          {[]string{"ms: {a: {x: 1}}", "ms: ", "ms: {a: }"}, "map[a:{5 }]"},
		"named beside one that is set":   {[]string{"ms: {b: {x: 1}}", "ms: {a: }"}, "map[a:{5 } b:{1 }]"},
		"empty above what is taken away": {[]string{"ms: {a: {x: 1, y: k}}", "ms: {a: }", "ms: {a: {}}"}, "map[a:{5 }]"},
		"empty above what is set":        {[]string{"ms: {a: {x: 1, y: k}}", "ms: {a: {}}"}, "map[a:{1 k}]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var layers []source.Source
			for i, text := range c.layers {
				layers = append(layers, memoryLayer(fmt.Sprintf("l%d.yaml", i), text))
			}
			cfg := layered[nullConfig](t, quiet, layers...)
			if got := fmt.Sprint(cfg.Get().MS); got != c.want {
				t.Errorf("live is %s, want %s", got, c.want)
			}
			for _, key := range cfg.ExplainAll().Keys {
				x, err := cfg.Explain(key.Key)
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(key.Key, "ms.a.y") && strings.Contains(x.String(), "= k") && !strings.Contains(c.want, "k") {
					t.Errorf("Explain shows what is not live: %s", x)
				}
			}
		})
	}
}
