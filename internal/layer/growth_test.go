package layer_test

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
)

// growth is a document shape, of any size, that could make the time of its decoder grow faster than
// the size.
type growth struct {
	format, name string
	make         func(size int) string
}

// repeated returns documents of parts, each of which gets its number, between a head and a tail.
func repeated(head, part, tail string) func(int) string {
	numbered := strings.Contains(part, "%")
	return func(size int) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < size-len(tail); i++ {
			if numbered {
				b.WriteString(strings.ReplaceAll(part, "%", itoa(i)))
			} else {
				b.WriteString(part)
			}
		}
		b.WriteString(tail)
		return b.String()
	}
}

// nested returns documents of n openings and n closings.
func nested(head, open, core, closing, tail string) func(int) string {
	return func(size int) string {
		n := max(1, (size-len(head)-len(core)-len(tail))/(len(open)+len(closing)))
		return head + strings.Repeat(open, n) + core + strings.Repeat(closing, n) + tail
	}
}

// blockNested returns YAML in which each line is indented by one more space, up to 900.
func blockNested(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		b.WriteString(strings.Repeat(" ", i%900) + "k" + itoa(i) + ":\n")
		if i%900 == 899 {
			b.WriteString(strings.Repeat(" ", 900) + "v: 1\n")
		}
	}
	return b.String()
}

// aliasChain returns YAML in which each list holds the one before it.
func aliasChain(size int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x]\n")
	for i := 1; b.Len() < size; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d]\n", i, i, i-1)
	}
	return b.String()
}

// mergeChain returns YAML in which each map merges the one before it.
func mergeChain(size int) string {
	var b strings.Builder
	b.WriteString("m0: &m0 {k0: 1}\n")
	for i := 1; b.Len() < size; i++ {
		fmt.Fprintf(&b, "m%d: &m%d {<<: *m%d, k%d: 1}\n", i, i, i-1, i)
	}
	return b.String()
}

// mergeWide returns YAML in which one map of half the size is merged into many small ones.
func mergeWide(size int) string {
	var b strings.Builder
	b.WriteString("m: &m {")
	for i := 0; b.Len() < size/2; i++ {
		fmt.Fprintf(&b, "k%d: 1,\n ", i)
	}
	b.WriteString("}\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "x%d: {<<: *m}\n", i)
	}
	return b.String()
}

// mergeSame returns YAML in which one map merges a small one again and again.
var mergeSame = repeated("m: &m {k: 1}\nx:\n  <<: [", "*m,", "*m]\n")

var growthShape = structOf("db", structOf("pool_size", "dsn", "timeout", "user_name"), "hosts", listOf(leaf), "servers", listOf(structOf("addr", "port")),
	"labels", mapOf(leaf), "dbs", mapOf(structOf("dsn", "pool_size")), "any", (*tree.Shape)(nil), "k", leaf, "m", mapOf(mapOf(listOf(leaf))), "many", manyFields())

// manyFields returns a struct with keys that differ little, which makes suggestions expensive.
func manyFields() *tree.Shape {
	fields := make([]any, 0, 4096)
	for i := range 4096 {
		fields = append(fields, "the_timeout_of_the_pool_of_shard_"+itoa(i))
	}
	return structOf(fields...)
}

var growths = []growth{
	{"yaml", "keys", repeated("", "k%: v\n", "")},
	{"yaml", "sections", repeated("", "s%:\n  a: 1\n  b: [1, 2]\n", "")},
	{"yaml", "bare keys in a flow map, one line", repeated("k: {", "%, ", "z}\n")},
	{"yaml", "bare keys in a flow map, lines", repeated("k: {", "%,\n ", "z}\n")},
	{"yaml", "keys in a flow map, one line", repeated("k: {", "a%: 1, ", "z: 1}\n")},
	{"yaml", "flow list, one line", repeated("k: [", "1,", "1]\n")},
	{"yaml", "flow list of pairs", repeated("k: [", "a%: 1, ", "1]\n")},
	{"yaml", "block list", repeated("k:\n", "- 1\n", "")},
	{"yaml", "bare words in lines", repeated("k: ", "word\n  ", "\n")},
	{"yaml", "explicit keys", repeated("", "? k%\n: v\n", "")},
	{"yaml", "explicit keys without values", repeated("", "? k%\n", "")},
	{"yaml", "flow depth", nested("k: ", "[", "1", "]", "\n")},
	{"yaml", "flow map depth", nested("k: ", "{a: ", "1", "}", "\n")},
	{"yaml", "bare flow map depth", nested("k: ", "{", "", "}", "\n")},
	{"yaml", "many deep lists", repeated("", "k%: "+strings.Repeat("[", 500)+strings.Repeat("]", 500)+"\n", "")},
	{"yaml", "block depth", blockNested},
	{"yaml", "compact list depth", nested("k:\n", "- ", "1", "", "\n")},
	{"yaml", "open flow", repeated("k: ", "[", "")},
	{"yaml", "open flow map", repeated("k: ", "{", "")},
	{"yaml", "open keys", repeated("", "? ", "")},
	{"yaml", "colons", repeated("", ": ", "")},
	{"yaml", "dashes", repeated("", "- ", "")},
	{"yaml", "one long plain text", repeated("k: ", "word ", "\n")},
	{"yaml", "one long quoted text", repeated("k: \"", "word ", "\"\n")},
	{"yaml", "one long key", repeated("", "word ", ": 1\n")},
	{"yaml", "quoted text of escapes", repeated("k: \"", `\u00e9`, "\"\n")},
	{"yaml", "quoted text of lines", repeated("k: \"", "a\n ", "\"\n")},
	{"yaml", "single quotes", repeated("k: '", "''", "'\n")},
	{"yaml", "block text", repeated("k: |\n", "  line\n", "")},
	{"yaml", "block text of empty lines", repeated("k: |\n", "\n", "  x\n")},
	{"yaml", "folded text", repeated("k: >\n", "  line\n\n", "")},
	{"yaml", "comments", repeated("k: 1\n", "# comment\n", "")},
	{"yaml", "comments between keys", repeated("", "# comment %\nk%: v # tail\n# foot\n\n", "")},
	{"yaml", "comments before a list item", repeated("k:\n", "  # c\n", "- 1\n")},
	{"yaml", "comments in a flow map", repeated("k: {\n", "# c\n", "a: 1}\n")},
	{"yaml", "comments in a flow list", repeated("k: [\n", "1, # c\n", "1]\n")},
	{"yaml", "comment lines that go in", repeated("k:\n", "   # c\n  # d\n", "  a: 1\n")},
	{"yaml", "one long comment", repeated("k: 1 #", " comment", "\n")},
	{"yaml", "empty lines", repeated("", "\n", "k: 1\n")},
	{"yaml", "blanks", repeated("k:", " ", "1\n")},
	{"yaml", "tabs", repeated("k:", "\t", "1\n")},
	{"yaml", "anchors", repeated("", "k%: &a% 1\n", "")},
	{"yaml", "one anchor again and again", repeated("", "k%: &a 1\n", "")},
	{"yaml", "aliases", repeated("k: &a 1\n", "k%: *a\n", "")},
	{"yaml", "alias chain", aliasChain},
	{"yaml", "merge chain", mergeChain},
	{"yaml", "one wide map merged often", mergeWide},
	{"yaml", "one small map merged often", mergeSame},
	{"yaml", "unknown aliases", repeated("", "k%: *a%\n", "")},
	{"yaml", "long anchor", repeated("k: &", "a", " 1\n")},
	{"yaml", "long tag", repeated("k: !", "a", " 1\n")},
	{"yaml", "tag directives", repeated("", "%TAG !a% !b%\n", "---\nk: 1\n")},
	{"yaml", "tags", repeated("", "k%: !!str 1\n", "")},
	{"yaml", "custom tags", repeated("", "k%: !x 1\n", "")},
	{"yaml", "one key again and again", repeated("", "k: 1\n", "")},
	{"yaml", "documents", repeated("", "---\n", "k: 1\n")},
	{"yaml", "ended documents", repeated("", "---\n...\n", "k: 1\n")},
	{"yaml", "fault in the last line", repeated("", "k%: v\n", "\tx\n")},
	{"yaml", "fault in the middle of a line", repeated("k: [", "1,\n", "]]\n")},
	{"yaml", "base64", repeated("k: !!binary |\n", "  QUJDREVG\n", "")},
	{"yaml", "letters that are not ASCII", repeated("", "ä%: ö\n", "")},
	{"yaml", "one line that is not ASCII", repeated("k: {", "ä%: 1, ", "z: 1}\n")},
	{"yaml", "small merges that are not ASCII", repeated("a: &a {b: 1}\nk: [", "{ä%: 1, <<: *a}, ", "1]\n")},
	{"yaml", "long numbers", repeated("k: ", "9", "\n")},
	{"yaml", "NEL", repeated("k: \"", "\u0085", "\"\n")},
	{"json", "keys", repeated("{", "\"k%\":\"v\",\n", "\"z\":1}")},
	{"json", "one line", repeated("{", "\"k%\":1,", "\"z\":1}")},
	{"json", "list", repeated(`{"k":[`, "1,", "1]}")},
	{"json", "depth", nested(`{"k":`, "[", "1", "]", "}")},
	{"json", "many deep lists", repeated("{", "\"k%\":"+strings.Repeat("[", 500)+strings.Repeat("]", 500)+",", `"z":1}`)},
	{"json", "open depth", repeated(`{"k":`, "[", "")},
	{"json", "escapes", repeated(`{"k":"`, `\u00e9`, `"}`)},
	{"json", "escaped keys", repeated("{", `"\u00e9%":1,`, `"z":1}`)},
	{"json", "blanks", repeated(`{"k":`, " ", "1}")},
	{"json", "empty lines", repeated(`{"k":`, "\n", "1}")},
	{"json", "one key again and again", repeated("{", `"k":1,`, `"k":1}`)},
	{"json", "long number", repeated(`{"k":1`, "0", "}")},
	{"json", "long fraction", repeated(`{"k":0.`, "1", "}")},
	{"json", "wide numbers", repeated(`{"k":[`, "18446744073709551616,", "1]}")},
	{"json", "cut", repeated(`{"k":[`, "1,", "")},
	{"toml", "keys", repeated("", "k% = 'v'\n", "")},
	{"toml", "tables", repeated("", "[t%]\nk = 1\n", "")},
	{"toml", "lists of tables", repeated("", "[[t]]\nk = 1\n", "")},
	{"toml", "tables of tables", repeated("", "[a.b.c.t%.d]\nk = 1\n", "")},
	{"toml", "tables in lists of tables", repeated("", "[[t]]\n[t.a]\n[[t.b]]\n", "")},
	{"toml", "dotted keys", repeated("", "a.b.c.k% = 1\n", "")},
	{"toml", "long dotted key", repeated("", "a.", "a = 1\n")},
	{"toml", "long headers", repeated("", "["+strings.Repeat("a.", 400)+"b%]\n", "")},
	{"toml", "list, one line", repeated("k = [", "1,", "1]\n")},
	{"toml", "list, lines", repeated("k = [\n", "1,\n", "]\n")},
	{"toml", "inline table", repeated("k = {", "a% = 1, ", "z = 1}\n")},
	{"toml", "inline tables in a list", repeated("k = [", "{a = 1}, ", "]\n")},
	{"toml", "depth", nested("k = ", "[", "1", "]", "\n")},
	{"toml", "inline depth", nested("k = ", "{a = ", "1", "}", "\n")},
	{"toml", "many deep lists", repeated("", "k% = "+strings.Repeat("[", 500)+strings.Repeat("]", 500)+"\n", "")},
	{"toml", "escapes", repeated("k = \"", `\u00e9`, "\"\n")},
	{"toml", "text of lines", repeated("k = \"\"\"", "a\n", "\"\"\"\n")},
	{"toml", "one key again and again", repeated("", "k = 1\n", "")},
	{"toml", "comments", repeated("", "# c\n", "k = 1\n")},
	{"toml", "comments in a list", repeated("k = [\n", "1, # c\n", "]\n")},
	{"toml", "empty lines", repeated("", "\n", "k = 1\n")},
	{"toml", "blanks", repeated("k = ", " ", "1\n")},
	{"toml", "long number", repeated("k = ", "9", "\n")},
	{"toml", "cut", repeated("k = [", "1,", "")},
	{"properties", "keys of a map", repeated("", "labels.k% = v\n", "")},
	{"properties", "keys of anything", repeated("", "any.k%.a = v\n", "")},
	{"properties", "deep keys of anything", repeated("", "any."+strings.Repeat("a.", 400)+"k% = v\n", "")},
	{"properties", "keys in maps", repeated("", "dbs.k%.dsn = v\n", "")},
	{"properties", "list", repeated("", "hosts[%] = v\n", "")},
	{"properties", "list of structs", repeated("", "servers[%].addr = v\n", "")},
	{"properties", "list in anything", repeated("", "any.l[%].x = v\n", "")},
	{"properties", "list with a gap", repeated("hosts[999999999] = v\n", "hosts[%] = v\n", "")},
	{"properties", "bracketed keys", repeated("", "labels[k%] = v\n", "")},
	{"properties", "brackets", repeated("any.", "[", "= v\n")},
	{"properties", "long names of brackets", repeated("", "any."+strings.Repeat("[0]", 300)+"[%] = v\n", "")},
	{"properties", "unknown keys", repeated("", "db.pol_size% = 1\n", "")},
	{"properties", "long unknown keys", repeated("", "db."+strings.Repeat("pool_size.", 90)+"% = 1\n", "")},
	{"properties", "long names in maps", repeated("", "dbs."+strings.Repeat("a.", 480)+"%.dsn = 1\n", "")},
	{"properties", "long unknown names in maps", repeated("", "dbs."+strings.Repeat("a.", 480)+"% = 1\n", "")},
	{"properties", "nested maps, long names", repeated("", "m."+strings.Repeat("0.", 480)+"%.0 = 1\n", "")},
	{"properties", "near keys of a wide struct", repeated("", "many.tne_timeout_of_the_pool_of_shrad_% = 1\n", "")},
	{"properties", "one key again and again", repeated("", "k = 1\n", "")},
	{"properties", "escapes", repeated("k = ", `\u00e9`, "\n")},
	{"properties", "joined lines", repeated("k = ", "a\\\n", "\n")},
	{"properties", "joined blanks", repeated("k = ", "\\\n  ", "\n")},
	{"properties", "long name", repeated("", "a", " = 1\n")},
	{"properties", "comments", repeated("", "# c\n", "k = 1\n")},
	{"properties", "blanks", repeated("k = ", " ", "1\n")},
	{"dotenv", "keys of a map", repeated("", "LABELS_K% = v\n", "")},
	{"dotenv", "keys in maps", repeated("", "DBS_K%_DSN = v\n", "")},
	{"dotenv", "list", repeated("", "HOSTS_% = v\n", "")},
	{"dotenv", "unknown keys", repeated("", "DB_POL_SIZE% = 1\n", "")},
	{"dotenv", "long unknown keys", repeated("", "DB_"+strings.Repeat("POOL_SIZE_", 90)+"% = 1\n", "")},
	{"dotenv", "long names in maps", repeated("", "DBS_"+strings.Repeat("A_", 480)+"%_DSN = 1\n", "")},
	{"dotenv", "nested maps, long names", repeated("", "M_"+strings.Repeat("0_", 480)+"%_0 = 1\n", "")},
	{"dotenv", "near keys of a wide struct", repeated("", "MANY_TNE_TIMEOUT_OF_THE_POOL_OF_SHRAD_% = 1\n", "")},
	{"dotenv", "one key again and again", repeated("", "K = 1\n", "")},
	{"dotenv", "quoted text of lines", repeated("K = \"", "a\n", "\"\n")},
	{"dotenv", "escapes", repeated("K = \"", `\n`, "\"\n")},
	{"dotenv", "quotes that never close", repeated("K = '", "a\nK = ", "\n")},
	{"dotenv", "many quotes that never close", repeated("", "K% = \"a\\\"\n", "")},
	{"dotenv", "comments", repeated("", "# c\n", "K = 1\n")},
	{"dotenv", "one long line", repeated("K = ", "word ", "\n")},
	{"dotenv", "one long line of #", repeated("K = ", "#", "\n")},
	{"dotenv", "blanks", repeated("K = ", " ", "1\n")},
	{"dotenv", "what is no name", repeated("", "? ", "\n")},
}

// TestGrowth prints how the time of each decoder grows with the size of a document: nanoseconds a
// byte at 16 KiB, 64 KiB and so on, up to NACRE_GROWTH KiB, and the exponent that fits from 64 KiB
// on. It measures and does not judge, because the load of the machine counts too. The garbage
// collector is off, because its cost depends on the rest of the heap.
func TestGrowth(t *testing.T) {
	var most int
	if _, err := fmt.Sscan(os.Getenv("NACRE_GROWTH"), &most); err != nil {
		t.Skip("set NACRE_GROWTH to the size in KiB up to which the growth is measured")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(3 << 30))
	for _, g := range growths {
		if !strings.Contains(g.format+" "+g.name, os.Getenv("NACRE_GROWTH_ONLY")) {
			continue
		}
		var line strings.Builder
		var sizes, times []float64
		var best float64
		var said string
		for size := 16; size <= most; size *= 4 {
			text := g.make(size << 10)
			best, said = math.Inf(1), "taken"
			for i := 0; i < 3 && (i == 0 || best < 1e9); i++ {
				runtime.GC()
				start, runs := onCPU(t), 0
				spent := 0.0
				for ; spent < 40e6; spent = onCPU(t) - start { // the clock ticks every few milliseconds
					if _, ps := read(g.format, text, growthShape); len(ps) > 0 {
						said = ps[len(ps)-1].Message
					}
					runs++
				}
				best = min(best, spent/float64(runs))
			}
			fmt.Fprintf(&line, " %8.1f", best/float64(len(text)))
			if size >= 64 {
				sizes, times = append(sizes, math.Log(float64(len(text)))), append(times, math.Log(best))
			}
			if best > 4e9 {
				break
			}
		}
		fmt.Printf("%-10s %-36s %s  n^%.2f  %.40s\n", g.format, g.name, line.String(), slope(sizes, times), said)
	}
}

// onCPU returns how many nanoseconds this thread has spent on a processor. The load of the machine
// changes it less than the wall time.
func onCPU(t *testing.T) float64 {
	t.Helper()
	stat, err := os.ReadFile("/proc/thread-self/schedstat")
	if err != nil {
		t.Skip("the growth is measured on Linux only:", err)
	}
	var ns float64
	if _, err := fmt.Sscan(string(stat), &ns); err != nil {
		t.Fatal(err)
	}
	return ns
}

// slope fits a line by least squares.
func slope(x, y []float64) float64 {
	var sx, sy, sxx, sxy float64
	for i := range x {
		sx, sy, sxx, sxy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	n := float64(len(x))
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
