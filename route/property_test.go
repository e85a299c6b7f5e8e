package route_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/route"
)

func TestPatterns(t *testing.T) {
	t.Parallel()
	for pattern, c := range map[string]struct{ yes, no string }{
		"v2.3.1":      {"v2.3.1 2.3.1 V2.3.1 2.3.1.0 2.03.1 v2.3.1+build", "v2.3.1-rc.1 2.3 2.3.10 2.3.1.1 12.3.1 v2.3.1.x"},
		"2.3":         {"v2.3 2.3.0", "2.3.1 2 2.30"},
		"v2.3.*":      {"v2.3 v2.3.0 v2.3.1 2.3.1-rc.1 2.3.9.9 v2.3.1+5", "v2.30.0 v2 v2.4.0 v2.x v2.3.x 3.2.3"},
		"v2.*.1":      {"v2.0.1 v2.7.1 2.7.1-rc", "v2.7 v2.7.2 v2.7.1.1 v3.7.1"},
		"v2.3.1-rc.1": {"2.3.1-rc.1 v2.3.1-rc.1+b", "2.3.1 2.3.1-rc.2"},
		"*":           {"1 v1.2 abc 3f2a9c (devel)", ""},
		"*.*":         {"1 v1.2 1.2.3.4", "abc v 1..2"},
		"2026.11.*":   {"2026.11.30", "2026.1.30 2026.110.1"},
		"0.*":         {"0.1 0 v0.0.0-20261130000000-abcdef", "1"},
	} {
		p, err := route.ParsePattern(pattern)
		if err != nil {
			t.Errorf("%s is refused: %v", pattern, err)
			continue
		}
		for v := range strings.FieldsSeq(c.yes) {
			if !p.Matches(v) {
				t.Errorf("%s does not match %s", pattern, v)
			}
		}
		for v := range strings.FieldsSeq(c.no) {
			if p.Matches(v) {
				t.Errorf("%s matches %s", pattern, v)
			}
		}
		if p.Matches("") {
			t.Errorf("%s matches an instance without a version", pattern)
		}
	}
	for _, bad := range []string{"", "v", "a", "2.", ".2", "2..3", "2.3x", ">2", "^2.3", "2.3.*-rc", "2-", "2+b", "**", "v*2", "1.2.3.4.5.6.7.8.9", "~2", "2.3.1-rc+b", " 2"} {
		if p, err := route.ParsePattern(bad); err == nil {
			t.Errorf("%q is taken as %v", bad, p)
		}
	}
}

var few = []string{"0", "1", "2", "*"}

func randomPattern(r *rand.Rand) string {
	parts := make([]string, 1+r.IntN(3))
	for i := range parts {
		parts[i] = few[r.IntN(len(few))]
	}
	return strings.Join(parts, ".")
}

func randomVersion(r *rand.Rand) string {
	parts := make([]string, 1+r.IntN(4))
	for i := range parts {
		parts[i] = few[r.IntN(3)]
	}
	return strings.Join(parts, ".") + []string{"", "", "-rc", "+b"}[r.IntN(4)]
}

// A pattern that covers another one matches all that the other matches; and one that does not cover
// it leaves out a version that is near.
func TestCovers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var versions []string
	for range 2000 {
		versions = append(versions, randomVersion(r))
	}
	versions = append(versions, "9", "1.9", "1.1.9", "1.1.1.9", "2.9", "0.9", "0.0.9", "abc", "9.9", "9.0.9", "9.1.9", "9.2.9", "9.9.9", "1.9.9", "2.9.9", "9.0", "9.1", "9.2", "0.9.9", "0.0.0.9", "2.2.9")
	for range 1000 {
		p, _ := route.ParsePattern(randomPattern(r))
		q, _ := route.ParsePattern(randomPattern(r))
		covered := true
		for _, v := range versions {
			if q.Matches(v) && !p.Matches(v) {
				if covered = false; p.Covers(q) {
					t.Fatalf("%s covers %s, which matches %s too", p, q, v)
				}
			}
		}
		if covered && !p.Covers(q) {
			t.Fatalf("%s does not cover %s, and matches all that it matches", p, q)
		}
	}
}

// What the fleet was told yesterday must be true tomorrow: the buckets never change.
func TestBuckets(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]int{"orders-0": 6222, "orders-1": 9539, "": 4758} {
		if got := route.Bucket("canary", id); got != want {
			t.Errorf("the bucket of %q is %d, want %d", id, got, want)
		}
	}
}

func percentage(t *testing.T, salt string, p float64) *route.Table {
	return table(t, fmt.Sprintf("rules:\n- {match: {salt: %q, percentage: %v}, documents: [a]}\n- {documents: [b]}", salt, p))
}

func TestPercentageIsMonotone(t *testing.T) {
	t.Parallel()
	shares := []float64{0, 0.01, 1, 5, 10, 12.34, 20, 50, 99.99, 100}
	var tables []*route.Table
	for _, p := range shares {
		tables = append(tables, percentage(t, "x", p))
	}
	counts := make([]int, len(shares))
	const instances = 20000
	for i := range instances {
		in := route.Instance{ID: fmt.Sprintf("orders-%d", i)}
		before := false
		for k, routes := range tables {
			set, err := routes.Route(in)
			if err != nil {
				t.Fatal(err)
			}
			now := set.Rule == 1
			if before && !now {
				t.Fatalf("%s is in at %v %% and out at %v %%", in.ID, shares[k-1], shares[k])
			}
			if before = now; now {
				counts[k]++
			}
		}
	}
	for k, p := range shares {
		want := instances * p / 100
		if deviation := 5 * math.Sqrt(want*(1-p/100)); math.Abs(float64(counts[k])-want) > deviation+0.001 {
			t.Errorf("%v %% are %d of %d instances, want %v ± %v", p, counts[k], instances, want, deviation)
		}
	}
}

// Rules with different salts draw independently, and similar IDs spread evenly.
func TestPercentageIsUniform(t *testing.T) {
	t.Parallel()
	const cells, draws = 100, 100000
	for name, id := range map[string]func(i int) (salt, id string){
		"numbered": func(i int) (string, string) { return "canary", fmt.Sprint(i) },
		"pods":     func(i int) (string, string) { return "canary", fmt.Sprintf("orders-5d9c7b6f4-%05d", i) },
		"salts":    func(i int) (string, string) { return fmt.Sprint("release-", i), "orders-0" },
	} {
		counts := make([]float64, cells)
		for i := range draws {
			counts[route.Bucket(id(i))*cells/10000]++
		}
		chi := 0.0
		for _, n := range counts {
			chi += (n - draws/cells) * (n - draws/cells) / (draws / cells)
		}
		if chi > 160 { // 99 degrees of freedom: p is about 0.0001
			t.Errorf("%s: buckets are not uniform, chi-square is %.0f", name, chi)
		}
	}
	both := 0
	for i := range draws {
		if id := fmt.Sprint(i); route.Bucket("a", id) < 1000 && route.Bucket("b", id) < 1000 {
			both++
		}
	}
	if both < 850 || both > 1150 {
		t.Errorf("10 %% and 10 %% with other salts have %d of %d in common, want about 1000", both, draws)
	}
}

// randomRules returns a routing document with random rules.
func randomRules(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("labels: {z: [a, b]}\nrules:\n")
	for i := range 1 + r.IntN(6) {
		var conditions []string
		pick := func(all ...string) string {
			if r.IntN(2) == 0 {
				return all[r.IntN(len(all))]
			}
			return "[" + strings.Join(all[:1+r.IntN(len(all))], ", ") + "]"
		}
		if r.IntN(2) == 0 {
			conditions = append(conditions, "service: "+pick("s", "t"))
		}
		if r.IntN(2) == 0 {
			conditions = append(conditions, fmt.Sprintf("version: %q", randomPattern(r)))
		}
		if r.IntN(3) == 0 {
			conditions = append(conditions, "labels: {z: "+pick("a", "b")+"}")
		}
		if r.IntN(3) == 0 {
			conditions = append(conditions, fmt.Sprintf("salt: %s, percentage: %d", []string{"x", "w"}[r.IntN(2)], r.IntN(101)))
		}
		fmt.Fprintf(&b, "- {match: {%s}, documents: [d%d]}\n", strings.Join(conditions, ", "), i)
	}
	return b.String()
}

func randomInstance(r *rand.Rand) route.Instance {
	in := route.Instance{Service: []string{"s", "t", "u", ""}[r.IntN(4)], ID: fmt.Sprint(r.IntN(1000)), Version: randomVersion(r), Labels: map[string]string{}}
	if z := []string{"a", "b", "c", ""}[r.IntN(4)]; z != "" {
		in.Labels["z"] = z
	}
	return in
}

// A rule that is refused since it never matches does not: without the rule, each instance has the
// same documents. And the first rule of a document that matches alone is the one that decides.
func TestRulesThatNeverMatchNeverDo(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	refused, accepted := 0, 0
	for range 1000 {
		text := randomRules(r)
		routes, err := route.Parse("r.yaml", "yaml", []byte(text))
		lines := strings.Split(strings.TrimSpace(text), "\n")
		rules := lines[2:]
		alone := make([]*route.Table, len(rules))
		for i := range rules {
			alone[i] = table(t, strings.Join(lines[:2], "\n")+"\n"+rules[i])
		}
		hidden := map[int]bool{}
		for i := range rules {
			if err != nil && strings.Contains(err.Error(), fmt.Sprintf(": rule %d ", i+1)) {
				hidden[i] = true
			}
		}
		if err != nil && len(hidden) == 0 {
			t.Fatalf("%s\nis refused: %v", text, err)
		}
		if err != nil {
			refused++
		} else {
			accepted++
		}
		for range 50 {
			in := randomInstance(r)
			first := -1
			for i := range alone {
				if _, miss := alone[i].Route(in); miss == nil {
					first = i
					break
				}
			}
			if hidden[first] {
				t.Fatalf("%s\nrule %d never matches, it says, and matches %+v first", text, first+1, in)
			}
			if err != nil {
				continue
			}
			set, miss := routes.Route(in)
			if first < 0 != (miss != nil) || first >= 0 && set.Rule != first+1 {
				t.Fatalf("%s\n%+v is routed by rule %d (%v), the first that matches is %d", text, in, set.Rule, miss, first+1)
			}
			if again, _ := routes.Route(in); !reflect.DeepEqual(set, again) {
				t.Fatalf("%s\n%+v has two sets", text, in)
			}
		}
	}
	if refused < 150 || accepted < 150 {
		t.Errorf("%d documents were refused and %d were not: the test proves little", refused, accepted)
	}
}
