package layer_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

func TestDecodeDocuments(t *testing.T) {
	t.Parallel()
	cyclic := map[string]any{}
	cyclic["a"], cyclic["b"] = cyclic, cyclic
	for _, c := range []struct {
		name string
		d    source.Document
		want string // the tree as JSON, or the problem; "nothing" for neither
	}{
		{"absent", source.Document{Name: "doc", Absent: true, Format: "yaml", Data: []byte("x")}, "nothing"},
		{"empty", source.Document{Name: "doc", Format: "yaml"}, "{}"},
		{"empty toml", source.Document{Name: "doc", Format: "toml"}, "{}"},
		{"empty dotenv", source.Document{Name: "doc", Format: "dotenv"}, "{}"},
		{"empty properties", source.Document{Name: "doc", Format: "properties"}, "{}"},
		{"empty environ", source.Document{Name: "doc", Format: "environ"}, "{}"},
		{"tree", source.Document{Name: "doc", Tree: map[string]any{"b": []any{1, nil}, "a": map[string]any{"c.d": source.Text("x")}}}, `{"a":{"c.d":"x"},"b":[1,null]}`},
		{"empty tree", source.Document{Name: "doc", Tree: map[string]any{}}, "{}"},
		{"no format", source.Document{Name: "doc", Data: []byte("a")}, "doc (l): has no format; set one, or use a file name whose extension names it"},
		{"unknown format", source.Document{Name: "doc", Format: "ini", Data: []byte("a")},
			"doc (l): has an unknown format; use yaml, json, toml, dotenv, properties, text or environ"},
		{"tree and data", source.Document{Name: "doc", Format: "yaml", Tree: map[string]any{}}, "doc (l): has both a tree and data; set only one"},
		{"no tree", source.Document{Name: "doc", Tree: map[string]any{"a": make(chan int)}}, "doc (l): cannot be converted to a tree: a: a chan int cannot be part of a tree"},
		{"too large", source.Document{Name: "doc", Format: "yaml", Data: make([]byte, layer.MaxSize+1)}, "doc (l): has more than 16777216 bytes"},
		{"cyclic tree", source.Document{Name: "doc", Tree: cyclic}, "doc (l): cannot be converted to a tree: nested deeper than 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n, ps := layer.Decode("l", "r", c.d, nil)
			got := "nothing"
			if ps != nil {
				got = told(ps)
			} else if n != nil {
				got = text(n.Plain())
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestManyValuesAreRefused(t *testing.T) {
	t.Parallel()
	list := strings.Repeat("1,", layer.MaxNodes) + "1]"
	for format, text := range map[string]string{"json": `{"a":[` + list + `}`, "yaml": "a: [" + list, "toml": "a = [" + list} {
		if _, ps := read(format, text, nil); len(ps) != 1 || ps[0].Kind != source.TooLarge {
			t.Errorf("%s of more than a million values: %v", format, told(ps))
		}
	}
}

func TestManyProblemsAreCut(t *testing.T) {
	t.Parallel()
	for format, line := range map[string]string{"json": `"a":1,`, "yaml": "a: 1\n", "toml": "a = 1\n", "dotenv": "A=1\n", "properties": "a=1\n"} {
		text := strings.Repeat(line, 5000)
		if format == "json" {
			text = "{" + text + `"a":1}`
		}
		if _, ps := read(format, text, nil); len(ps) != 100 {
			t.Errorf("%s with 5 000 problems told %d, want 100", format, len(ps))
		}
	}
}

// TestManyLongNamesAreRefused holds that the work on the names of one document is bounded, and that
// a document which needs more is refused and not cut.
func TestManyLongNamesAreRefused(t *testing.T) {
	t.Parallel()
	tangle := structOf("v") // in which each part of a name may be a level
	tangle.Fields["m"] = mapOf(tangle)
	for format, name := range map[string]string{"properties": strings.Repeat("m.", 400), "dotenv": strings.Repeat("M_", 400)} {
		text := repeated("", name+"%=1\n", "")(1 << 20)
		_, ps := layer.Decode("l", "r1", source.Document{Name: "doc", Format: format, Data: []byte(text), AllowUnknown: true}, tangle)
		if len(ps) != 1 || ps[0].Kind != source.TooLarge || !strings.Contains(ps[0].Message, "is among too many long names") {
			t.Errorf("%s with 1 MiB of names that mean nothing: %.200s", format, told(ps))
		}
	}
}

// A value must not get out, whatever is wrong with the document around it.
func TestCanary(t *testing.T) {
	t.Parallel()
	for format, texts := range map[string][]string{
		"yaml": {
			"a: C\n b: C\n", "a: \"C\n", "a: *C\n", "a: !C C\n", "a: !!int C\n", "a: !!float C\n", "a: !!bool C\n", "a: !!binary C%\n", "a: !!null C\n", "a: %C\n", "a: @C\n", "- C\n",
			"C\n", "a: C\n---\na: C\n", "a: 'C\n\tC: C", "a: \"\\C\"\n", "a: [C\n", "a: {C\n", "a: `C`\n", "%C\n---\na: 1\n", "%TAG C C\n---\na: !C 1\n", "a: C: C\n", "<<: C\n", "a: \x01C\n", "a: C\x00", "a: C\xff",
			"a: 99999999999999999999999\nb: C\na: C\n",
		},
		"json": {
			`{"a":"C"`, `{"a":C}`, `{"a":"C" "C"}`, `["C"]`, `"C"`, `C`, `{"a":"\C"}`, `{"a":"C"}C`, `{"a":"C","a":"C"}`, `{"a":"C` + "\n" + `"}`, `{"a":"C","b":1e999}`, "{\"a\":\"C\xff\"}",
		},
		"toml": {
			"a = C\n", "a = \"C\n", "a = 'C\n", "a = \"\\C\"\n", "a = 1C\n", "a = \"C\"\na = \"C\"\n", "a = [\"C\"\n", "a = {b = \"C\"\n", "a = 2024-01-01C\n", "a = \"C\" C\n", "a = \"\"\"C\n", "a C\n", "a = +C\n", "a = trueC\n",
		},
		"dotenv":     {"DB_DSN=\"C\n", "DB_DSN='C\n", "DB_DSN=\"x\" C\n", "DB_DSN=C\nDB_DSN=C\n", "DB=C\n", "ZZ=C\n", "A_B_C=C\n", "HOSTS_7=C\n", "DB_DSN=C\nDB_DSN_0=C\n", "HOSTS=C\nHOSTS_0=C\n"},
		"properties": {"db.dsn=C\ndb.dsn=C\n", "db=C\n", "zz=C\n", "db.dsn=C\\uC\n", "hosts[7]=C\n", "hosts=C\nhosts[0]=C\n"},
		"environ":    {environData(t, "DB=C", "ZZ=C", "A_B_C=C", "HOSTS_7=C", "DB_DSN=C", "DB__DSN=C", "DB_POOL_SIZE=C\xff")},
	} {
		for _, text := range texts {
			_, ps := read(format, strings.ReplaceAll(text, "=C", "="+canary), fuzzShape)
			if format != "environ" {
				_, ps = read(format, strings.ReplaceAll(text, "C", canary), fuzzShape)
			}
			if len(ps) == 0 {
				t.Errorf("%s %q is taken for right, so that it proves nothing", format, text)
			}
			for _, p := range ps {
				// A message may name a key of that name.
				if said := p.Message + p.Suggest; strings.Contains(said, canary) && !strings.Contains(p.Key, canary) || p.Err != nil {
					t.Errorf("%s %q tells the value: %v %v", format, text, p, p.Err)
				}
			}
		}
	}
}

func TestKeysSurvive(t *testing.T) {
	t.Parallel()
	keys := []string{"a.b", "App.Kubernetes.IO/Name", "ÄÖ", "with space", "x[0]", "[0]", `quo"te`, "N", "1", "-", "_", "a-b_c"}
	for format, write := range map[string]func(string) string{
		"json": func(k string) string { return text(k) }, "yaml": func(k string) string { return text(k) }, "toml": func(k string) string { return text(k) },
	} {
		lines := make([]string, len(keys))
		expected := map[string]any{}
		for i, k := range keys {
			sep := map[string]string{"json": ":", "yaml": ": ", "toml": " = "}[format]
			lines[i] = write(k) + sep + itoa(i)
			expected[k] = int64(i)
		}
		doc := strings.Join(lines, "\n")
		if format == "json" {
			doc = "{" + strings.Join(lines, ",") + "}"
		}
		merged := layer.Merge(must(t, format, doc, nil), must(t, format, "", nil))
		if got := merged.Plain(); !reflect.DeepEqual(got, any(expected)) {
			t.Errorf("%s: keys became %v", format, got)
		}
	}
}

func TestDecodeKeepsLayer(t *testing.T) {
	t.Parallel()
	n, _ := layer.Decode("nacos#2", "r9", source.Document{Name: "orders.yaml", Format: "yaml", Data: []byte("a: 1"), AllowUnknown: true}, nil)
	want := tree.Doc{Layer: "nacos#2", Name: "orders.yaml", AllowUnknown: true}
	if d := n.Child("a").Doc; *d != want {
		t.Errorf("the node's document is %+v, want %+v", *d, want)
	}
}

// Bad input must not take long either. It measures the processor time of the process, and so is not
// parallel.
func TestBadInputIsQuick(t *testing.T) {
	start := testrun.CPU()
	for format, units := range map[string][]string{
		"yaml":       {"#\n", "? ", "- ", "{", "[", "&a ", "a: b: ", "\"", "a:\n", "---\n", "{a: ", "- &a b\n", "? a\n: b\n"},
		"toml":       {"[a]\n", "[[a]]\n", "a.", "{", "a=[", "\""},
		"dotenv":     {"\"", "A=\"", "A='\n", "=", "export "},
		"properties": {"a\\\n", "\\", "\\u", "a.", "m.", "dbs.a."},
	} {
		for _, u := range units {
			read(format, strings.Repeat(u, (128<<10)/len(u)), fuzzShape)
		}
	}
	for _, key := range []string{strings.Repeat("M_", 500), strings.Repeat("DBS_A_", 160), strings.Repeat("A_", 50_000)} {
		read("environ", key+"<"+key+"=\x00", fuzzShape)
	}
	tangle := structOf("v") // in which each part of a name may be a level
	tangle.Fields["m"] = mapOf(tangle)
	name := strings.Repeat("M_", 300) + "X"
	if _, ps := read("environ", name+"<"+name+"=\x00", tangle); len(ps) != 1 || ps[0].Kind != source.UnknownKey {
		t.Errorf("a tangled name gave %v", ps)
	}
	if d := testrun.CPU() - start; d > 30*time.Second {
		t.Errorf("took %v of processor time", d)
	}
}
