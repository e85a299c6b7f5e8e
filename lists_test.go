package nacre_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type listHost struct {
	Name string       `config:"name"`
	Addr string       `config:"addr"`
	Port int          `config:"port" default:"80"`
	Pass nacre.Secret `config:"pass"`
	Tags []string     `config:"tags" merge:"append"`
}

type listsConfig struct {
	Plain []listHost            `config:"plain"`
	Whole []listHost            `config:"whole" merge:"replace"`
	More  []string              `config:"more" merge:"append"`
	ByPos []listHost            `config:"by_pos" merge:"index"`
	ByKey []listHost            `config:"by_key" merge:"key=name"`
	Pools map[string][]listHost `config:"pools" merge:"key=name"`
}

const threeHosts = "[{name: a, addr: a:1, pass: s3cret-a}, {name: b, addr: b:1, pass: s3cret-b}, {name: c, addr: c:1}]"

func listLayers(yaml []string, variables ...string) (layers []source.Source) {
	for i, text := range yaml {
		layers = append(layers, memory.New(string(rune('a'+i))+".yaml", []byte(text)))
	}
	if variables != nil {
		layers = append(layers, env.New("APP", env.Environ(func() []string { return variables })))
	}
	return layers
}

// One variable over a list of a file used to turn three hosts into one with empty fields.
func TestAnItemOfALowerListIsNotReplacedSilently(t *testing.T) {
	t.Parallel()
	_, err := nacre.Check[listsConfig](t.Context(), listLayers([]string{"plain: " + threeHosts}, "APP_PLAIN_0_PASS=s3cret-x")...)
	const want = `$APP_PLAIN_0_PASS plain: names items of a list that a.yaml:1:8 provides, and its other items would be lost; ` +
		`give the whole list in one layer, or tag the field nacre_test.listsConfig.Plain with merge:"index" (by position) or merge:"key=…" (by a key of the items)`
	if err == nil || err.Error() != want {
		t.Errorf("a variable for one key of one of three hosts: %v, want\n%s", err, want)
	}
	if !errors.Is(err, source.Invalid) {
		t.Errorf("the error is not of kind Invalid: %v", err)
	}
	if _, err := nacre.Check[listsConfig](t.Context(), listLayers([]string{"plain: " + threeHosts + "\nunknown_key: 1"}, "APP_PLAIN_0_PASS=x")...); err == nil ||
		!strings.Contains(err.Error(), "unknown_key") || !strings.Contains(err.Error(), "names items") {
		t.Errorf("the problem of a list hides other problems: %v", err)
	}
}

func TestListsMergeByTheirTag(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		yaml []string
		env  []string
		get  func(*listsConfig) any
		want string
	}{
		"whole, by items":   {[]string{"whole: " + threeHosts}, []string{"APP_WHOLE_0_NAME=x"}, func(c *listsConfig) any { return hostNames(c.Whole) }, "[x::80]"},
		"by position":       {[]string{"by_pos: " + threeHosts}, []string{"APP_BY_POS_1_ADDR=x:1"}, func(c *listsConfig) any { return hostNames(c.ByPos) }, "[a:a:1:80 b:x:1:80 c:c:1:80]"},
		"by position, next": {[]string{"by_pos: " + threeHosts}, []string{"APP_BY_POS__3__NAME=d"}, func(c *listsConfig) any { return hostNames(c.ByPos) }, "[a:a:1:80 b:b:1:80 c:c:1:80 d::80]"},
		"by key":            {[]string{"by_key: " + threeHosts, "by_key: [{name: c, port: 9}, {name: d}]"}, nil, func(c *listsConfig) any { return hostNames(c.ByKey) }, "[a:a:1:80 b:b:1:80 c:c:1:9 d::80]"},
		"by key, by items":  {[]string{"by_key: " + threeHosts}, []string{"APP_BY_KEY_0_NAME=b", "APP_BY_KEY_0_ADDR=x:1"}, func(c *listsConfig) any { return hostNames(c.ByKey) }, "[a:a:1:80 b:x:1:80 c:c:1:80]"},
		"in a map":          {[]string{"pools: {eu: " + threeHosts + "}", "pools: {eu: [{name: a, port: 9}], us: [{name: z}]}"}, nil, func(c *listsConfig) any { return hostNames(c.Pools["eu"]) }, "[a:a:1:9 b:b:1:80 c:c:1:80]"},
		"scalars":           {[]string{"more: [a, b]", "more: [c]"}, []string{"APP_MORE=d,e"}, func(c *listsConfig) any { return c.More }, "[a b c d e]"},
		"lists in items":    {[]string{"by_key: [{name: a, tags: [x]}]", "by_key: [{name: a, tags: [y]}]"}, nil, func(c *listsConfig) any { return c.ByKey[0].Tags }, "[x y]"},
		"no lower list":     {[]string{"more: [a]"}, []string{"APP_PLAIN_0_NAME=x", "APP_PLAIN_1_NAME=y"}, func(c *listsConfig) any { return hostNames(c.Plain) }, "[x::80 y::80]"},
		"null and again":    {[]string{"by_key: " + threeHosts, "by_key: null", "by_key: [{name: z}]"}, nil, func(c *listsConfig) any { return hostNames(c.ByKey) }, "[z::80]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := openLists(t, quiet, listLayers(test.yaml, test.env...)...)
			if got := fmt.Sprint(test.get(cfg.Get())); got != test.want {
				t.Errorf("the list is %s, want %s", got, test.want)
			}
		})
	}
}

func hostNames(hosts []listHost) (all []string) {
	for _, h := range hosts {
		all = append(all, fmt.Sprintf("%s:%s:%d", h.Name, h.Addr, h.Port))
	}
	return all
}

func openLists(t *testing.T, o nacre.Options, layers ...source.Source) *nacre.Config[listsConfig] {
	t.Helper()
	o.LastKnownGoodDisabled, o.Logger = true, slog.New(slog.DiscardHandler)
	cfg, err := nacre.OpenWith[listsConfig](t.Context(), o, layers...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cfg.Close(); err != nil {
			t.Error(err)
		}
	})
	return cfg
}

func TestExplainNamesTheLayerOfEachKeyOfAMergedItem(t *testing.T) {
	t.Parallel()
	cfg := openLists(t, quiet, listLayers([]string{"by_key: " + threeHosts + "\nmore: [x]", "by_key: [{name: d}, {name: b, port: 9}]\nmore: [y]"},
		"APP_BY_KEY_0_NAME=b", "APP_BY_KEY_0_PASS=s3cret-x", "APP_MORE=z")...)
	for key, want := range map[string]string{
		"by_key[1].name": "by_key[1].name = b   $APP_BY_KEY_0_NAME\n  over \"b\"   b.yaml:1:28\n  over \"b\"   a.yaml:1:55\n",
		"by_key[1].addr": "by_key[1].addr = \"b:1\"   a.yaml:1:64\n",
		"by_key[1].port": "by_key[1].port = 9   b.yaml:1:37\n  over 80   default\n",
		"by_key[1].pass": "by_key[1].pass = ******   $APP_BY_KEY_0_PASS\n  over ******   a.yaml:1:75\n",
		"by_key[3].name": "by_key[3].name = \"d\"   b.yaml:1:17\n",
		"by_key":         "by_key = [4 items]\n  with [1 items]   $APP_BY_KEY_0_NAME\n  with [2 items]   b.yaml:1:9\n  with [3 items]   a.yaml:1:9\n",
		"more[2]":        "more[2] = z   $APP_MORE\n",
		"more[1]":        "more[1] = \"y\"   b.yaml:2:8\n",
		"by_key[4].name": "by_key[4].name: not set\n",
	} {
		x, err := cfg.Explain(key)
		if err != nil {
			t.Fatal(err)
		}
		if got := x.String(); got != want {
			t.Errorf("Explain says\n%s\nwant\n%s", got, want)
		}
	}
	var keys []string
	for _, x := range cfg.ExplainAll().Keys {
		keys = append(keys, x.Key)
		if strings.Contains(x.String(), "s3cret") {
			t.Errorf("a secret of an item is shown: %s", x)
		}
	}
	for _, key := range []string{"by_key[1].pass", "by_key[3].name", "more[0]"} {
		if !slices.Contains(keys, key) {
			t.Errorf("ExplainAll lacks %s: %v", key, keys)
		}
	}
}

func TestProblemsOfItemsNameTheDocumentThatIsWrong(t *testing.T) {
	t.Parallel()
	for want, test := range map[string]struct {
		yaml []string
		env  []string
	}{
		"$APP_BY_POS_4_NAME by_pos[4]: is item 4 of a list that has 3; the next one is item 3":                          {[]string{"by_pos: " + threeHosts}, []string{"APP_BY_POS_4_NAME=x"}},
		"$APP_BY_KEY_0_PASS by_key[0]: has no key name, by which the items of this list are matched":                    {[]string{"by_key: " + threeHosts}, []string{"APP_BY_KEY_0_PASS=x"}},
		"a.yaml:1:21 by_key[1]: has the same name as item 0 of this document":                                           {[]string{"by_key: [{name: a}, {name: a}]"}, nil},
		"a.yaml:1:14 pools.eu[0]: has no key name, by which the items of this list are matched":                         {[]string{"pools: {eu: [{addr: a}]}"}, nil},
		"b.yaml:1:29 by_key[2].prt: unknown key, did you mean by_key[2].port?":                                          {[]string{"by_key: " + threeHosts, "by_key: [{name: c, addr: x, prt: 9}]"}, nil},
		"$APP_BY_POS_2_PORT by_pos[2].port: must be a whole number":                                                     {[]string{"by_pos: " + threeHosts}, []string{"APP_BY_POS_2_PORT=x"}},
		"$APP_BY_POS_1_NAME by_pos[1]: is item 1 of a list that has no item 0 in any layer":                             {nil, []string{"APP_BY_POS_1_NAME=x"}},
		"$APP_PLAIN_1_NAME: is item 1 of a list that has no item 0; a list is given as a whole, from 0 on":              {nil, []string{"APP_PLAIN_1_NAME=x"}},
		"b.yaml:1:10 by_pos[0]: must not be null: no layer can remove a single item of a lower list, because the posit": {[]string{"by_pos: " + threeHosts, "by_pos: [null]"}, nil},
	} {
		if _, err := nacre.Check[listsConfig](t.Context(), listLayers(test.yaml, test.env...)...); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error is %v, want\n%s", err, want)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("one mistake is reported twice:\n%v", err)
		}
	}
}

func TestMergedListsChangeAsOneVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		low := memory.New("low.yaml", []byte("by_key: "+threeHosts))
		high := memory.New("high.yaml", []byte("by_key: [{name: b, pass: s3cret-x}]"))
		cfg := openLists(t, nacre.Options{}, low, high)
		var seen []string
		sub, err := nacre.Subscribe(cfg, func(c *listsConfig) []string { return hostNames(c.ByKey) }, func(_ context.Context, ch nacre.Change[[]string]) error {
			seen = append(seen, fmt.Sprint(ch.New))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Stop()
		low.Set([]byte("by_key: [{name: z}, {name: b, addr: b:2, pass: s3cret-b}, {name: a}, {name: c}]"))
		settle()
		if got := cfg.Get().ByKey; len(got) != 4 || got[1].Addr != "b:2" || got[1].Pass.Reveal() != "s3cret-x" {
			t.Errorf("after the lower list moved its items, the override of b is lost: %v", hostNames(got))
		}
		if want := []string{"[z::80 b:b:2:80 a::80 c::80]"}; !slices.Equal(seen, want) {
			t.Errorf("the subscriber saw %v, want %v", seen, want)
		}
		version := cfg.Snapshot().Version
		high.Set([]byte("by_key: [{name: b, pass: s3cret-x}, {name: b}]"))
		settle()
		if h := cfg.Health(); cfg.Snapshot().Version != version || h.Layers[1].Rejected == nil || h.Layers[0].Rejected != nil {
			t.Errorf("a list with two items of one name is not rejected, or another layer is blamed: %+v", h.Layers)
		}
		for _, h := range cfg.History() {
			if text := fmt.Sprintf("%+v", h); strings.Contains(text, "s3cret") {
				t.Errorf("the history shows a secret of an item: %s", text)
			}
		}
	})
}

// A list below variables that name its items arrives while the service runs: the document with the
// list is refused, and not the variables.
func TestTheDocumentThatBringsTheListIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		low := memory.New("low.yaml", []byte("more: [a]"))
		cfg := openLists(t, nacre.Options{}, low, env.New("APP", env.Environ(func() []string { return []string{"APP_PLAIN_0_NAME=x"} })))
		low.Set([]byte("more: [b]\nplain: " + threeHosts))
		settle()
		h := cfg.Health()
		if got := cfg.Get(); got.More[0] != "a" || len(got.Plain) != 1 || h.Layers[0].Rejected == nil || h.Layers[1].Rejected != nil {
			t.Errorf("live is %v, rejected %v and %v", hostNames(got.Plain), h.Layers[0].Rejected, h.Layers[1].Rejected)
		}
	})
}

func TestTheGuardCountsTheKeysOfMergedItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held []observe.Event
		o := nacre.Options{Observers: on(handlers{observe.Held: func(e observe.Event) { held = append(held, e) }})}
		low := memory.New("low.yaml", []byte("by_key: "+threeHosts))
		cfg := openLists(t, o, low, memory.New("high.yaml", []byte("by_key: [{name: a, port: 1}]")))
		low.Set([]byte("by_key: [{name: c}]"))
		settle()
		if len(held) != 1 || len(cfg.Get().ByKey) != 3 {
			t.Errorf("losing two of three hosts is held %d times, live has %v", len(held), hostNames(cfg.Get().ByKey))
		}
	})
}

func TestASectionBringsTheRulesOfItsLists(t *testing.T) {
	t.Parallel()
	type main struct {
		N int `config:"n"`
	}
	o := quiet
	o.LastKnownGoodDisabled, o.Sections = true, []nacre.SectionDeclaration{nacre.ReserveSection("lists")}
	cfg, err := nacre.OpenWith[main](t.Context(), o, listLayers([]string{"lists: {by_key: " + threeHosts + "}", "lists: {by_key: [{name: b, port: 9}]}"})...)
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	s, err := nacre.Section[listsConfig](t.Context(), cfg, "lists")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(hostNames(s.Get().ByKey)); got != "[a:a:1:80 b:b:1:9 c:c:1:80]" {
		t.Errorf("the list of the section is %s", got)
	}
	type other struct {
		ByKey []listHost `config:"by_key" merge:"append"`
	}
	if _, err := nacre.Section[other](t.Context(), cfg, "lists"); err == nil || !strings.Contains(err.Error(), `lists.by_key has the tag merge:"key=name" already, and cannot have merge:"append" too`) {
		t.Errorf("two sections with two rules for one list: %v", err)
	}
}
