package layer_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
)

// hosts is a list of hosts with a rule; each host has a list of ports with a rule of its own.
func hosts(rule, ports string) *tree.Shape {
	portList := ruled(listOf(leaf), ports)
	return structOf("hosts", ruled(listOf(structOf("name", "pass", "ports", portList)), rule))
}

// ruled sets the merge tag of a list.
func ruled(list *tree.Shape, tag string) *tree.Shape {
	list.Field = "Config.Hosts"
	if tag == "" {
		return list
	}
	rule, err := tree.ParseMergeRule(tag)
	if err != nil {
		panic(err)
	}
	list.Merge = rule
	return list
}

func TestMergeLists(t *testing.T) {
	t.Parallel()
	const ab, b2c = `{"hosts":[{"name":"a","pass":"1"},{"name":"b","pass":"2"}]}`, `{"hosts":[{"name":"b","pass":"9"},{"name":"c"}]}`
	for _, c := range []struct {
		name, rule, want string
		layers           []string // JSON, or variables if it begins with $
	}{
		{"no tag replaces a whole list", "", `[{"name":"b","pass":"9"},{"name":"c"}]`, []string{ab, b2c}},
		{"replace", "replace", `[{"name":"b","pass":"9"},{"name":"c"}]`, []string{ab, b2c}},
		{"replace by items", "replace", `[{"pass":"x"}]`, []string{ab, "$HOSTS_0_PASS=x"}},
		{"append", "append", `[{"name":"a","pass":"1"},{"name":"b","pass":"2"},{"name":"b","pass":"9"},{"name":"c"}]`, []string{ab, b2c}},
		{"append by items", "append", `[{"name":"a","pass":"1"},{"name":"b","pass":"2"},{"pass":"x"}]`, []string{ab, "$HOSTS_0_PASS=x"}},
		{"index", "index", `[{"name":"b","pass":"9"},{"name":"c","pass":"2"}]`, []string{ab, b2c}},
		{"index by items", "index", `[{"name":"a","pass":"1"},{"name":"b","pass":"x"}]`, []string{ab, "$HOSTS_1_PASS=x"}},
		{"index adds the next item", "index", `[{"name":"a","pass":"1"},{"name":"b","pass":"2"},{"name":"c"}]`, []string{ab, "$HOSTS_2_NAME=c"}},
		{"index keeps the rest of a longer list", "index", `[{"name":"z","pass":"1"},{"name":"b","pass":"2"}]`, []string{ab, `{"hosts":[{"name":"z"}]}`}},
		{"an empty map leaves an item as it is", "index", `[{"name":"a","pass":"1"},{"name":"b","pass":"z"}]`, []string{ab, `{"hosts":[{},{"pass":"z"}]}`}},
		{"key", "key=name", `[{"name":"a","pass":"1"},{"name":"b","pass":"9"},{"name":"c"}]`, []string{ab, b2c}},
		{"key by items", "key=name", `[{"name":"a","pass":"1"},{"name":"b","pass":"x"}]`, []string{ab, "$HOSTS_0_NAME=b HOSTS_0_PASS=x"}},
		{"key of another type", "key=name", `[{"name":1,"pass":"x"}]`, []string{`{"hosts":[{"name":"1"}]}`, `{"hosts":[{"name":1,"pass":"x"}]}`}},
		{"three layers", "key=name", `[{"name":"a","pass":"3"},{"name":"b","pass":"9"},{"name":"c"}]`, []string{ab, b2c, `{"hosts":[{"name":"a","pass":"3"}]}`}},
		{"null removes the whole list", "key=name", `[{"name":"c"}]`, []string{ab, `{"hosts":null}`, `{"hosts":[{"name":"c"}]}`}},
		{"null removes a key of an item", "index", `[{"name":"a"},{"name":"b","pass":"2"}]`, []string{ab, `{"hosts":[{"pass":null}]}`}},
		{"an empty list adds nothing", "append", `[{"name":"a","pass":"1"},{"name":"b","pass":"2"}]`, []string{ab, `{"hosts":[]}`}},
		{"an empty list replaces", "", `[]`, []string{ab, `{"hosts":[]}`}},
		{"by items alone", "", `[{"pass":"x"}]`, []string{"$HOSTS_0_PASS=x"}},
		{"by items over a null", "", `[{"pass":"x"}]`, []string{ab, `{"hosts":null}`, "$HOSTS_0_PASS=x"}},
		{"a whole list over items", "", `[{"name":"b","pass":"9"},{"name":"c"}]`, []string{"$HOSTS_0_PASS=x", b2c}},
		{"inner lists", "key=name", `[{"name":"a","ports":["1","2"]}]`, []string{`{"hosts":[{"name":"a","ports":["1"]}]}`, `{"hosts":[{"name":"a","ports":["2"]}]}`}},
		{"text is a list", "index", `[{"name":"a","ports":["1","2","3"]}]`, []string{"$HOSTS_0_NAME=a HOSTS_0_PORTS=1", "$HOSTS_0_PORTS=2,3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shape := hosts(c.rule, "append")
			roots := decoded(t, shape, c.layers)
			got, problems := layer.NewMerger(shape).Merge(roots...)
			if len(problems) > 0 {
				t.Fatalf("a good merge is refused: %v", problems)
			}
			if g := compact(t, got.Child("hosts").Plain()); g != c.want {
				t.Errorf("the merge is\n%s\nwant\n%s", g, c.want)
			}
			if got.HasPlaces() {
				t.Error("the merged tree has a list with places: binding would miscount its items")
			}
		})
	}
}

func decoded(t *testing.T, shape *tree.Shape, documents []string) (roots []*tree.Node) {
	t.Helper()
	for _, text := range documents {
		if vars, ok := strings.CutPrefix(text, "$"); ok {
			roots = append(roots, must(t, "environ", environData(t, strings.Fields(vars)...), shape))
		} else {
			roots = append(roots, must(t, "json", text, shape))
		}
	}
	return roots
}

func compact(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestMergeListFaults(t *testing.T) {
	t.Parallel()
	const ab = `{"hosts":[{"name":"a","pass":"1"},{"name":"b","pass":"2"}]}`
	const kept = `[{"name":"a","pass":"1"},{"name":"b","pass":"2"}]`
	for _, c := range []struct {
		name, rule, fault, kept string
		layers                  []string
	}{
		{"items of a lower list", "", `$APP_HOSTS_0_PASS (l) hosts: names items of a list that doc:1:10 (l) provides, and its other items would be lost; ` +
			`give the whole list in one layer, or tag the field Config.Hosts with merge:"index" (by position) or merge:"key=…" (by a key of the items)`,
			kept, []string{ab, "$HOSTS_0_PASS=x"}},
		{"items of lower items", "", `$APP_HOSTS_0_PASS (l) hosts: names items of a list that $APP_HOSTS_0_NAME (l) provides, and its other items would be lost; ` +
			`give the whole list in one layer, or tag the field Config.Hosts with merge:"index" (by position) or merge:"key=…" (by a key of the items)`,
			`[{"name":"a"}]`, []string{"$HOSTS_0_NAME=a", "$HOSTS_0_PASS=x"}},
		{"beyond the end", "index", "$APP_HOSTS_3_PASS (l) hosts[3]: is item 3 of a list that has 2; the next one is item 2", kept, []string{ab, "$HOSTS_3_PASS=x"}},
		{"a gap without a lower list", "index", "$APP_HOSTS_1_PASS (l) hosts[1]: is item 1 of a list that has no item 0 in any layer", `[]`, []string{"$HOSTS_1_PASS=x"}},
		{"null for an item", "index", "doc:1:11 (l) hosts[0]: must not be null: no layer can remove a single item of a lower list, because the positions of the others would change",
			kept, []string{ab, `{"hosts":[null]}`}},
		{"an item without the key", "key=name", "$APP_HOSTS_0_PASS (l) hosts[0]: has no key name, by which the items of this list are matched", kept, []string{ab, "$HOSTS_0_PASS=x"}},
		{"two items with one key", "key=name", "doc:1:24 (l) hosts[1]: has the same name as item 0 of this document", kept, []string{ab, `{"hosts":[{"name":"a"},{"name":"a"}]}`}},
		{"a key that is a map", "key=name", "doc:1:11 (l) hosts[0]: has a list or map as its key name, by which the items of this list are matched; write a single value",
			kept, []string{ab, `{"hosts":[{"name":{}}]}`}},
		{"null as an item with a key", "key=name", "doc:1:11 (l) hosts[0]: has no key name, by which the items of this list are matched", kept, []string{ab, `{"hosts":[null]}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shape := hosts(c.rule, "")
			m := layer.NewMerger(shape)
			roots := decoded(t, shape, c.layers)
			got, problems := m.Merge(roots...)
			want(t, problems, c.fault)
			if g := compact(t, got.Child("hosts").Plain()); g != c.kept {
				t.Errorf("the rest is %s, want the lower list %s", g, c.kept)
			}
			if checked := m.Check(roots[len(roots)-1]); strings.HasPrefix(c.rule, "key=") {
				want(t, checked, c.fault)
			}
		})
	}
}

// A reference must not be matched: which items match would show its value.
func TestMergeListRefusesAReferenceAsKey(t *testing.T) {
	t.Parallel()
	shape := hosts("key=name", "")
	root, problems := layer.Expand(must(t, "json", `{"hosts":[{"name":"${x:y}"}]}`, shape), func(string, string) (string, error) { return "canary", nil })
	want(t, problems)
	want(t, layer.NewMerger(shape).Check(root),
		"doc:1:11 (l) hosts[0]: has a reference as its key name, by which the items of this list are matched; write the value itself")
}

// randomHosts returns a random document that is good for every rule.
func randomHosts(r *rand.Rand) string {
	var items []string
	for _, name := range r.Perm(5)[:r.IntN(4)] {
		item := fmt.Sprintf(`{"name":"n%d"`, name)
		if r.IntN(2) > 0 {
			item += fmt.Sprintf(`,"pass":"%d"`, r.IntN(1000))
		}
		if r.IntN(2) > 0 {
			item += fmt.Sprintf(`,"ports":["%d"]`, r.IntN(1000))
		}
		items = append(items, item+"}")
	}
	switch r.IntN(6) {
	case 0:
		return `{}`
	}
	return `{"hosts":[` + strings.Join(items, ",") + `]}`
}

// shuffled returns a tree with the entries of its maps in another order.
func shuffled(r *rand.Rand, n *tree.Node) *tree.Node {
	switch n.Kind {
	case tree.Map:
		entries := make([]tree.Entry, len(n.Entries))
		for i, to := range r.Perm(len(n.Entries)) {
			entries[to] = n.Entries[i]
			entries[to].Value = shuffled(r, n.Entries[i].Value)
		}
		return tree.NewMap(n.Doc, n.Line, n.Column, entries)
	case tree.List:
		items := make([]*tree.Node, len(n.Items))
		for i := range items {
			items[i] = shuffled(r, n.Items[i])
		}
		return n.WithItems(items)
	}
	return n
}

func TestMergeListsProperties(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{"", "replace", "append", "index", "key=name"} {
		for seed := range uint64(300) {
			r := rand.New(rand.NewPCG(seed, 1))
			shape := hosts(rule, "append")
			m := layer.NewMerger(shape)
			var in []*tree.Node
			for range 3 {
				in = append(in, must(t, "json", randomHosts(r), shape))
			}
			merge := func(roots ...*tree.Node) *tree.Node {
				merged, problems := m.Merge(roots...)
				if problems != nil {
					t.Fatalf("merge:%q, seed %d: good lists are refused: %v", rule, seed, problems)
				}
				return merged
			}
			all := merge(in...)
			if left := merge(merge(in[0], in[1]), in[2]); !tree.Equal(all, left) {
				t.Fatalf("merge:%q, seed %d: (a b) c is %v, not %v", rule, seed, left.Plain(), all.Plain())
			}
			if right := merge(in[0], merge(in[1], in[2])); !tree.Equal(all, right) {
				t.Fatalf("merge:%q, seed %d: a (b c) is %v, not %v", rule, seed, right.Plain(), all.Plain())
			}
			if other := merge(shuffled(r, in[0]), shuffled(r, in[1]), shuffled(r, in[2])); !tree.Equal(all, other) {
				t.Fatalf("merge:%q, seed %d: the order of keys decides: %v, not %v", rule, seed, other.Plain(), all.Plain())
			}
			checkNoItemIsLost(t, rule, seed, all, in)
			checkCandidates(t, m, rule, seed, all, in)
		}
	}
}

// checkNoItemIsLost checks the items that a rule keeps.
func checkNoItemIsLost(t *testing.T, rule string, seed uint64, all *tree.Node, in []*tree.Node) {
	t.Helper()
	list := all.Child("hosts")
	sum, longest, names := 0, 0, map[string]bool{}
	for _, root := range in {
		if l := root.Child("hosts"); l != nil {
			sum, longest = sum+len(l.Items), max(longest, len(l.Items))
			for _, item := range l.Items {
				names[compact(t, item.Child("name").Plain())] = true
			}
		}
	}
	got := 0
	if list != nil {
		got = len(list.Items)
	}
	want, ok := map[string]int{"append": sum, "index": longest, "key=name": len(names)}[rule]
	if ok && got != want {
		t.Fatalf("merge:%q, seed %d: the merge has %d items, want %d", rule, seed, got, want)
	}
}

// checkCandidates checks that the candidates of each leaf contain its value, from the right
// document.
func checkCandidates(t *testing.T, m *layer.Merger, rule string, seed uint64, all *tree.Node, in []*tree.Node) {
	t.Helper()
	var walk func(at tree.Path, n *tree.Node)
	walk = func(at tree.Path, n *tree.Node) {
		for _, e := range n.Entries {
			walk(at.Join(e.Key), e.Value)
		}
		for i, item := range n.Items {
			walk(at.Join(tree.Item(i)), item)
		}
		if n.Kind != tree.Scalar {
			return
		}
		var effective *tree.Node
		for _, c := range m.Candidates(at, in...) {
			if !c.Hidden {
				effective = c.Node
			}
		}
		if effective != n {
			t.Fatalf("merge:%q, seed %d: the highest candidate of %s is not its value", rule, seed, at)
		}
	}
	walk(nil, all)
}
