package layer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// canary is a secret that no problem may tell.
const canary = "cAnArY-7Zq"

// sane decodes what a fuzzer made up, and checks what holds for every input.
func sane(t *testing.T, format string, data []byte, shape *tree.Shape) (*tree.Node, source.Problems) {
	t.Helper()
	n, ps := layer.Decode("l", "r", source.Document{Name: "doc", Format: format, Data: data}, shape)
	if n == nil && len(ps) == 0 {
		t.Fatal("neither a tree nor a problem")
	}
	for _, p := range ps {
		if strings.Contains(p.Message, "makes its parser panic") {
			t.Fatalf("the decoder panicked: %q", data)
		}
		if p.Position.Layer != "l" || p.Position.Document == "" || p.Kind == source.Unknown || p.Position.Line < 0 || p.Position.Column < 0 {
			t.Fatalf("a problem without a position or kind: %+v", p)
		}
		if lines := bytes.Count(data, []byte{'\n'}) + 1; p.Position.Line > lines && !bytes.ContainsAny(data, "\r\u0085\u2028\u2029") {
			t.Fatalf("a problem on line %d of %d: %v", p.Position.Line, lines, p)
		}
	}
	if n != nil && len(ps) == 0 {
		layer.Merge(n, n)
		if n.Kind != tree.Map {
			t.Fatalf("the root is a %v", n.Kind)
		}
	}
	return n, ps
}

// noCanary checks that no text but a key tells the canary.
func noCanary(t *testing.T, ps source.Problems) {
	t.Helper()
	for _, p := range ps {
		if strings.Contains(p.Message, canary) || p.Err != nil {
			t.Fatalf("a problem tells a value: %q %v", p.Message, p.Err)
		}
	}
}

var jsonSeeds = []string{"", "{}", `{"a":[1,2.5,-0,1e3,null,true,"x\n\u00e9"],"b":{"c":{}}}`, `{"a":1,"a":2}`, `{"a":18446744073709551615}`, `{"a":"` + canary, "{\n\"a\":\n1,}", `{"\ud83d\ude00":"\ud800\\\udc00","b":01}`, "{\r\"a\":-0.0e1\r}"}

func FuzzJSON(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, ps := sane(t, "json", data, nil)
		noCanary(t, ps)
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		var trusted any
		err := d.Decode(&trusted)
		_, object := trusted.(map[string]any)
		switch right := err == nil && object && json.Valid(data); {
		case right && len(ps) > 0:
			for _, p := range ps {
				if p.Message == "is not valid JSON" {
					t.Fatalf("valid JSON was refused: %q: %v", data, ps)
				}
			}
		case right:
			if got, want := n.Plain(), numbers(trusted); !same(got, want) {
				t.Fatalf("%q is %v, encoding/json has %v", data, got, want)
			}
		case len(ps) == 0 && len(bytes.TrimLeft(data, "\ufeff \t\r\n")) > 0:
			if !bytes.HasPrefix(data, []byte("\ufeff")) {
				t.Fatalf("what is no JSON was taken: %q", data)
			}
		}
	})
}

// numbers makes json.Numbers what a tree has.
func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case json.Number:
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return i
		}
		if u, err := strconv.ParseUint(v.String(), 10, 64); err == nil {
			return u
		}
		f, _ := v.Float64()
		return f
	}
	return v
}

// same is reflect.DeepEqual but for NaN, integers of other sizes, and empty lists.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k := range a {
			if v, ok := b[k]; !ok || !same(a[k], v) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case float64:
		b, ok := b.(float64)
		return ok && (a == b || math.IsNaN(a) && math.IsNaN(b))
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b)
	case int64:
		if i, ok := b.(int); ok {
			return a == int64(i)
		}
	}
	return reflect.DeepEqual(a, b)
}

var yamlSeeds = []string{
	"", "a: 1\n", "a: &x {b: [1, ~]}\nc: *x\nd:\n  <<: *x\n  e: !!str 5\n", "a: 1\na: 2\n", "- a\n", "a: |\n  x\n  y\nb: >-\n  z\n", "? {a: b}\n: c\n",
	"a: " + canary + "\n b: *" + canary, "%YAML 1.1\n---\na: 0o17\n", "a: !!binary aGk=\nb: .inf\nc: 0x_1\n", "a: \"\\u00e9\xc2\x85\"\n", "{a: 1, b: !x " + canary + "}", "<<: [{a: 1}, {b: 2}]\n", "%YAML 1.2\n%TAG !y! tag:yaml.org,2002:\n---\na: !y!int 0o17\n...\n%YAML 2.0\n",
	"a: 0644\nb: 08\nc: !!int 010\nd: 1e400\n!!binary aGk=: !!binary /w==\ne: 1:30\r", "a: \"\\ud800\\u2028\"\r\nb: x\u2028\n", "%TAG ! a\n--- !b {}\n",
	"&x x: *x", "<<: &x {a: &y 1}\nb: *x\nc: *y\n", "<<: &x [&y {a: 1}]\nb: *x\nc: *y\n",
}

func FuzzYAML(f *testing.F) {
	for _, s := range yamlSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, ps := sane(t, "yaml", data, nil)
		noCanary(t, ps)
		var trusted any
		if len(ps) > 0 || yaml.Unmarshal(data, &trusted) != nil {
			return
		}
		if m, ok := trusted.(map[string]any); ok && comparable(trusted) {
			if got := n.Plain(); !leadingZeros(got) && !same(got, any(m)) {
				t.Fatalf("%q is %#v, yaml.v3 has %#v", data, got, trusted)
			}
		}
	})
}

// leadingZeros reports whether a text is in v that yaml.v3 makes an octal number or a float of.
func leadingZeros(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			if leadingZeros(e) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, leadingZeros)
	case string:
		return tree.LeadingZero(v)
	}
	return false
}

// comparable reports whether yaml.v3 kept what is compared: it makes keys and dates other than
// texts.
func comparable(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			if !comparable(e) {
				return false
			}
		}
	case []any:
		for _, e := range v {
			if !comparable(e) {
				return false
			}
		}
	case map[any]any, time.Time:
		return false
	}
	return true
}

var tomlSeeds = []string{
	"", tomlDoc, "a = 1\na = 2\n", "[a]\n[a.b]\n[[c]]\n[c.d]\n[[c]]\nd = 1\n", "a = 1979-05-27T07:32:00Z\nb = 07:32:00\nc = 1979-05-27\n", "a = '" + canary + "'\nb = " + canary,
	"a.b = 1\n[a.c]\n", "x = {a.b = 1, a.c = [1, {d = 2}]}\n", "a = [\n1, # x\n2,\n]\n", "[[a.b]]\n[a]\nc = 1\n", "[a.b.c]\n[a]\nb.d = 1\n", "a = 1979-05-27 07:32z\nb = 07:32\nc = 1979-05-27T07:32:00.999999999999-23:59\nd = 2024-02-30\n", "a = 24:00:00\n", "a = 1979-05-27T00:00:60Z\n", "a = 0000-01-01T00:00:00+24:00\n",
	"a = 1e400\nb = 0xffffffffffffffff\n", "a = 0644\n", "a = 0o644\rb = 0b1\n",
}

func FuzzTOML(f *testing.F) {
	for _, s := range tomlSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, ps := sane(t, "toml", data, nil)
		noCanary(t, ps)
		if len(data) > 4096 || bytes.HasPrefix(data, []byte("\ufeff")) || bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
			return
		}
		var trusted map[string]any
		err := toml.Unmarshal(data, &trusted)
		if (err == nil) != (len(ps) == 0) {
			t.Fatalf("%q: go-toml says %v, we say %v", data, err, ps)
		}
		if err == nil {
			if got := n.Plain(); !same(got, localAsText(trusted, got)) {
				t.Fatalf("%q is %#v, go-toml has %#v", data, got, trusted)
			}
		}
	})
}

// localAsText puts our text where go-toml has one of its local types, if it is one of that.
func localAsText(v, ours any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case map[string]any:
		out := map[string]any{}
		o, _ := ours.(map[string]any)
		for k := range v {
			out[k] = localAsText(v[k], o[k])
		}
		return out
	case []any:
		out := make([]any, len(v))
		o, _ := ours.([]any)
		for i := range v {
			if i < len(o) {
				out[i] = localAsText(v[i], o[i])
			}
		}
		return out
	case toml.LocalDate, toml.LocalDateTime, toml.LocalTime:
		if s, ok := ours.(string); ok {
			return s
		}
	}
	return v
}

var fuzzShape = structOf("db", structOf("pool_size", "dsn"), "hosts", listOf(leaf), "servers", listOf(structOf("addr")), "labels", mapOf(leaf),
	"dbs", mapOf(structOf("dsn", "a", structOf("b"))), "a", structOf("b_c"), "a_b", structOf("c"), "any", (*tree.Shape)(nil), "m", mapOf(mapOf(listOf(leaf))))

func FuzzDotenv(f *testing.F) {
	for _, s := range []string{"DB_DSN='x' # y\n", "export HOSTS_0=\"a\\n\nb\"\n", "DB__POOL_SIZE=5\nDB_POOL_SIZE=6\n", "A_B_C=" + canary, "LABELS_X='" + canary, "=\n\"\n", "DB_DSN=a\rHOSTS_0='b\r'\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sane(t, "dotenv", data, fuzzShape)
		sane(t, "dotenv", data, nil)
		if !bytes.ContainsAny(data, "\r\n") { // what follows a line's end may be a name
			for _, quote := range []string{"", "'", `"`} {
				_, ps := sane(t, "dotenv", []byte("DB_DSN="+quote+string(data)+canary+quote), fuzzShape)
				noCanary(t, ps)
			}
		}
	})
}

var propertiesSeeds = []string{"db.dsn = x\n", "hosts[0]: a\nhosts.1 b\n", "labels.a.b\\\n  = c\n", "dbs.x.y.dsn=\\u00e9\n", "m.a.b.0=" + canary, "! x\n#\n=\n", "labels[a.b]=x\rany.l[0].x=1\rany.l[1][0]=2\r", "dbs[eu].dsn=1\nm[a][b][0]=x\nany.l[2]=x\nany.l.k=y\n", "labels[=x\nlabels]=y\nlabels[]=z\nany.[0]=1\n"}

func FuzzProperties(f *testing.F) {
	for _, s := range propertiesSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sane(t, "properties", data, fuzzShape)
		sane(t, "properties", data, nil)
		if !bytes.ContainsAny(data, "\r\n") {
			_, ps := sane(t, "properties", []byte("db.dsn="+string(data)+canary), fuzzShape)
			noCanary(t, ps)
		}
	})
}

func FuzzEnviron(f *testing.F) {
	f.Add("DB_POOL_SIZE", "5", "HOSTS_0", true, uint8(0))
	f.Add("_A_B_C", canary, "A__B_C", false, uint8(4))
	f.Add("LABELS_\xff", "\xff\u2028", "HOSTS_0", false, uint8(0))
	f.Add("DB_*", "5", "*_*A**", false, uint8(0))
	f.Add("M__A__B__0", "x", "DBS_X_Y_A_B", true, uint8(3))
	f.Add("hosts", "a,b", "hosts[0]", false, uint8(0))
	f.Add("db.pool", "5", "labels.\"a.b\"", true, uint8(3))
	f.Fuzz(func(t *testing.T, key, value, other string, file bool, fault uint8) {
		var data []byte
		for _, v := range []environ.Variable{
			{Key: key, Name: "X_" + key, Value: value}, {Key: other, Name: "X_" + key, Value: canary, File: file}, {Key: other, Name: "X_" + other, Value: canary},
		} {
			if fault > 0 && v.File {
				v.Fault, v.Value = source.Kind(fault), "reason"
			}
			data, _ = environ.Append(data, v)
			data, _ = environ.Append(data, environ.Variable{Key: v.Key, Name: v.Name, File: v.File, Unset: true})
			data, _ = environ.Append(data, environ.Variable{Key: v.Key, Name: v.Name, Value: v.Value, Named: true})
			v.Path = true
			data, _ = environ.Append(data, v)
			data, _ = environ.Append(data, environ.Variable{Key: v.Key, Name: v.Name, Path: true, Unset: true})
			data, _ = environ.Append(data, environ.Variable{Key: v.Key, Name: v.Name, Value: v.Value, Path: true, Flag: true})
		}
		if vs, ok := environ.Parse(data); !ok {
			t.Fatalf("what AppendVariable wrote, Variables cannot read: %q %v", data, vs)
		}
		for _, shape := range []*tree.Shape{fuzzShape, nil} {
			_, ps := sane(t, "environ", data, shape)
			if !strings.Contains(key+other, canary) {
				noCanary(t, ps)
			}
		}
		sane(t, "environ", []byte(key+value+other), fuzzShape)
	})
}

// What is escaped comes back, and no text breaks it.
func FuzzExpand(f *testing.F) {
	for _, seed := range []string{"", "${a:b}", "$${a:b}", "x${file:/run/y}z", "${", "$", "${a}", "${A:b}", "${a:b", "$$${a:b}${a:b}", "${a:${}"} {
		f.Add(seed)
	}
	nested := regexp.MustCompile(`\$\{[^}]*\$\{`)
	look := func(_, name string) (string, error) {
		if name == "" {
			return "", errors.New("no name")
		}
		return "v", nil
	}
	f.Fuzz(func(t *testing.T, text string) {
		root := tree.NewMap(nil, 0, 0, []tree.Entry{{Key: "k", Value: tree.NewScalar(nil, 0, 0, text)}})
		got, problems := layer.Expand(root, look)
		if !strings.Contains(text, "${") && got != root {
			t.Errorf("%q has no reference, and is %v", text, got.Child("k").Value)
		}
		if len(problems) > 0 && !strings.Contains(text, ":}") && !nested.MatchString(text) {
			t.Errorf("%q: %v", text, problems)
		}
		escaped := strings.ReplaceAll(text, "${", "$${")
		root = tree.NewMap(nil, 0, 0, []tree.Entry{{Key: "k", Value: tree.NewScalar(nil, 0, 0, escaped)}})
		got, problems = layer.Expand(root, look)
		if got.Child("k").Value != text || problems != nil || got.Child("k").Ref != "" {
			t.Errorf("%q, escaped, is %q, %v", text, got.Child("k").Value, problems)
		}
	})
}
