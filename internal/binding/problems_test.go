package binding_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/binder"
	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// bad binds in to a T, which must be one problem with these words.
func bad[T any](name string, in any, want string) func(*testing.T) {
	return func(t *testing.T) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := problemsOf[one[T]](t, pairs{"v", in})
			if len(problems) != 1 || problems[0].Message != want {
				t.Errorf("%v for a %T must be %q, but is:\n%v", in, *new(T), want, problems)
			}
			if problems[0].Kind != source.WrongType || problems[0].Position.Line != 1 || problems[0].Position.Document != "app.yaml" {
				t.Errorf("the problem has kind %v at %v", problems[0].Kind, problems[0].Position)
			}
		})
	}
}

const zeros = " that does not start with 0 - write 0o in front of an octal number, and nothing in front of a decimal one"

func TestWrongTypes(t *testing.T) {
	t.Parallel()
	for _, test := range []func(*testing.T){
		bad[int]("string for int", "3", "must be a whole number, not a string; remove the quotes"),
		bad[int]("empty string for int", "", "must be a whole number, not an empty string"),
		bad[int]("empty text for int", text(""), "must be a whole number, but is empty"),
		bad[int]("blank text for int", text(" "), "must be a whole number"),
		bad[int]("words for int", text("x"), "must be a whole number"),
		bad[int]("fraction for int", 1.5, "must be a whole number, not one with a fraction"),
		bad[int]("NaN for int", math.NaN(), "must be a whole number, not one with a fraction"),
		bad[int]("infinite for int", math.Inf(1), "must be a whole number, not one with a fraction"),
		bad[int]("map for int", pairs{}, "must be a whole number, not a map"),
		bad[int]("list for int", []any{1}, "must be a whole number, not a list"),
		bad[int]("bool for int", true, "must be a whole number, not a bool"),
		bad[int]("underscores", text("1_000"), "must be a whole number"),
		bad[int]("int text with a leading zero", text("010"), "must be a whole number"+zeros),
		bad[int]("int string with a leading zero", "-0644", "must be a whole number"+zeros),
		bad[int]("int text of nines and a zero", text("09"), "must be a whole number"+zeros),
		bad[uint8]("uint text with a leading zero", text("0010"), "must be a whole number"+zeros),
		bad[uint8]("uint text with a sign and a leading zero", text("-01"), "must be a whole number"+zeros),
		bad[float64]("float text with a leading zero", text("010"), "must be a number"+zeros),
		bad[float64]("float string with a leading zero", "08", "must be a number"+zeros),
		bad[binder.Size]("size with a leading zero", "010", "must be a size such as 10MiB, 1.5GB or a number of bytes"+zeros),
		bad[*big.Int]("big int with a leading zero", text("010"), "must be a whole number"+zeros),
		bad[bool]("bool with a leading zero", "01", "must be true or false, not a string"),
		bad[float64]("float string beyond its range", "1e400", "must be in the range of a float64"),
		bad[float64]("float word of another format", "inf", "must be a number, not a string"),
		bad[float64]("float text NaN of YAML", text(".nan"), "must be a number, not NaN"),
		bad[string]("string that is not text", "a\xff", "must be UTF-8 text; use a []byte field for other bytes"),
		bad[any]("any with bytes that are not text", "\xff", "must be UTF-8 text; use a []byte field for other bytes"),
		bad[json.RawMessage]("JSON of bytes that are not text", "\xff", "must be UTF-8 text; use a []byte field for other bytes"),
		bad[fs.FileMode]("file mode decimal", 644, "must be a file mode in octal such as 0640 or 0o640, not a decimal number"),
		bad[fs.FileMode]("file mode of JSON", 420.0, "must be a file mode in octal such as 0640 or 0o640, not a decimal number"),
		bad[fs.FileMode]("file mode decimal text", text("644"), "must be a file mode in octal such as 0640 or 0o640"),
		bad[fs.FileMode]("file mode decimal string", "644", "must be a file mode in octal such as 0640 or 0o640"),
		bad[fs.FileMode]("file mode hexadecimal", text("0x1A4"), "must be a file mode in octal such as 0640 or 0o640"),
		bad[fs.FileMode]("file mode of an 8", text("0648"), "must be a file mode in octal such as 0640 or 0o640"),
		bad[fs.FileMode]("file mode of signs", text("-0644"), "must be a file mode in octal such as 0640 or 0o640"),
		bad[fs.FileMode]("file mode of no digits", text("0o"), "must be a file mode in octal such as 0640 or 0o640"),
		bad[fs.FileMode]("file mode too great", text("0o10000"), "must be a file mode in octal such as 0640 or 0o640, and at most 0o7777"),
		bad[fs.FileMode]("file mode far too great", text("0"+strings.Repeat("7", 40)), "must be a file mode in octal such as 0640 or 0o640, and at most 0o7777"),
		bad[fs.FileMode]("file mode of words", text("rw-r--r--"), "must be a file mode in octal such as 0640 or 0o640"),
		bad[fs.FileMode]("file mode empty", text(""), "must be a file mode in octal such as 0640 or 0o640, but is empty"),
		bad[fs.FileMode]("file mode bool", true, "must be a file mode in octal such as 0640 or 0o640, not a bool"),
		bad[int8]("int8 overflow", 128, "must be between -128 and 127"),
		bad[int8]("int8 text overflow", text("-129"), "must be between -128 and 127"),
		bad[int64]("int64 overflow", uint64(math.MaxUint64), "must be between -9223372036854775808 and 9223372036854775807"),
		bad[int64]("int64 float overflow", float64(1<<63), "must be between -9223372036854775808 and 9223372036854775807"),
		bad[int64]("int64 text overflow", text("9223372036854775808"), "must be between -9223372036854775808 and 9223372036854775807"),
		bad[uint8]("uint8 negative", -1, "must be between 0 and 255"),
		bad[uint8]("uint8 text negative", text("-1"), "must be between 0 and 255"),
		bad[uint8]("uint8 float", 256.0, "must be between 0 and 255"),
		bad[uint]("uint empty", text(""), "must be a whole number, but is empty"),
		bad[uint]("uint string", "1", "must be a whole number, not a string; remove the quotes"),
		bad[float64]("float string", "1.5", "must be a number, not a string; remove the quotes"),
		bad[float64]("float empty", text(""), "must be a number, but is empty"),
		bad[float64]("float NaN", math.NaN(), "must be a number, not NaN"),
		bad[float64]("float NaN text", text("nan"), "must be a number, not NaN"),
		bad[float32]("float32 overflow", 1e300, "must be in the range of a float32"),
		bad[float32]("float32 text overflow", text("1e300"), "must be in the range of a float32"),
		bad[bool]("bool of YAML 1.1", "yes", "must be true or false, not a string; yes, no, on and off are text in YAML 1.2"),
		bad[bool]("bool string", "true", "must be true or false, not a string; remove the quotes"),
		bad[bool]("bool number", 1, "must be true or false, not a number"),
		bad[bool]("bool text yes", text("yes"), "must be true or false"),
		bad[bool]("bool text t", text("t"), "must be true or false"),
		bad[bool]("bool empty", text(""), "must be true or false, but is empty"),
		bad[string]("string number", 1.1, "must be a string, not a number; put it in quotes"),
		bad[string]("string bool", true, "must be a string, not a bool; put it in quotes"),
		bad[string]("string time", time.Time{}, "must be a string, not a time; put it in quotes"),
		bad[string]("string list", []any{"a"}, "must be a string, not a list"),
		bad[[]byte]("bytes number", 1, "must be a string, not a number; put it in quotes"),
		bad[time.Duration]("bare number", 30, "must be a duration such as 3s, not a bare number"),
		bad[time.Duration]("bare float", 1.5, "must be a duration such as 3s, not a bare number"),
		bad[time.Duration]("bare number text", text("30"), "must be a duration such as 3s, not a bare number"),
		bad[time.Duration]("bare number string", "30", "must be a duration such as 3s, not a bare number"),
		bad[time.Duration]("empty duration", text(""), "must be a duration such as 3s, 1.5h, 250ms or 1d, but is empty"),
		bad[time.Duration]("weeks", "3w", "must be a duration such as 3s, 1.5h, 250ms or 1d"),
		bad[time.Duration]("days in upper case", "3D", "must be a duration such as 3s, 1.5h, 250ms or 1d"),
		bad[time.Duration]("duration list", []any{}, "must be a duration such as 3s, not a list"),
		bad[binder.Size]("size negative", -1, "must be a size such as 10MiB, 1.5GB or a number of bytes"),
		bad[binder.Size]("size fraction", 1.5, "must be a whole number of bytes"),
		bad[binder.Size]("size bool", true, "must be a size such as 10MiB, 1.5GB or a number of bytes, not a bool"),
		bad[time.Time]("time", "yesterday", "must be a time such as 2006-01-02T15:04:05Z, or a date"),
		bad[*time.Location]("location", "Atlantis/City", "must be a time zone such as UTC or Europe/Berlin"),
		bad[*time.Location]("location path", text("../../etc/passwd"), "must be a time zone such as UTC or Europe/Berlin"),
		bad[url.URL]("url", text("http://canary:pw@[::1"), "must be a URL such as https://host:8080/path"),
		bad[*url.URL]("url number", 3, "must be a URL such as https://host:8080/path, not a number; put it in quotes"),
		bad[regexp.Regexp]("regexp", text("(canary"), "must be a regular expression"),
		bad[netip.Addr]("netip", text("canary"), "must be an IP address"),
		bad[slog.Level]("level", text("canary"), "must be a log level: DEBUG, INFO, WARN or ERROR"),
		bad[slog.Level]("level string", "verbose", "must be a log level: DEBUG, INFO, WARN or ERROR"),
		bad[slog.Level]("level empty string", "", "must be a log level: DEBUG, INFO, WARN or ERROR, not an empty string"),
		bad[slog.Level]("level number", 4, "must be a log level: DEBUG, INFO, WARN or ERROR, not a number; put it in quotes"),
		bad[colour]("own reason", text("canary"), "must be red"),
		bad[colour]("own panic", text("panic"), "UnmarshalText of binding_test.colour panicked with a string"),
		bad[[]string]("scalar for a list", "a", "must be a list, not a string; put it in square brackets"),
		bad[[]int]("number for a list", 3, "must be a list, not a number; put it in square brackets"),
		bad[[]string]("map for a list", pairs{}, "must be a list, not a map"),
		bad[[2]int]("short array", []any{1}, "must be a list of 2, not of 1"),
		bad[[2]int]("long array text", text("1,2,3"), "must be a list of 2, not of 3"),
		bad[map[string]int]("map without =", text("a=1,canary"), "must be a map, written key=value,key=value or as JSON"),
		bad[map[string]int]("list for a map", []any{}, "must be a map, not a list"),
		bad[one[int]]("scalar for a struct", "canary", "must be a map, not a string"),
		bad[*one[int]]("text for a struct", text("canary"), "must be a map"),
		bad[json.RawMessage]("infinite JSON", math.Inf(1), "must be a value that JSON can hold, not a number"),
	} {
		test(t)
	}
}

func TestProblemsInside(t *testing.T) {
	t.Parallel()
	type item struct {
		Port int `config:"port"`
	}
	type config struct {
		Items  []item               `config:"items"`
		ByName map[string]item      `config:"by_name"`
		ByPort map[int]string       `config:"by_port"`
		ByAddr map[netip.Addr]int   `config:"by_addr"`
		Lists  map[string][]float64 `config:"lists"`
	}
	problems := problemsOf[config](t, pairs{
		"items", []any{pairs{"port", 1}, pairs{"port", "x"}, pairs{"prot", 1}, 7},
		"by_name", pairs{"a.b", pairs{"port", "x"}, "c", pairs{"x", 1}},
		"by_port", pairs{"1", "a", "+1", "b", "x", "c", "01", "d"},
		"by_addr", pairs{"::1", 1, "0:0::1", 2, "canary", 3},
		"lists", pairs{"a", []any{1, "x", nil}},
	})
	want := []string{
		"items[1].port: must be a whole number, not a string",
		"items[2].prot: unknown key, did you mean items[2].port?",
		"items[3]: must be a map, not a number",
		`by_name."a.b".port: must be a whole number, not a string`,
		"by_name.c.x: unknown key",
		"by_port.+1: another key of this map has the same value",
		"by_port.x: the key must be a whole number",
		"by_port.01: the key must be a whole number",
		"by_addr.0:0::1: another key of this map has the same value",
		"by_addr.canary: the key must be an IP address",
		"lists.a[1]: must be a number, not a string",
		"lists.a[2]: must not be null",
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.Error()[len(p.Position.String())+1:])
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("not every problem was told, at once and in order:\n%s\n\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestOrder holds that problems come by document, then line, whatever the order of the merged tree.
func TestOrder(t *testing.T) {
	t.Parallel()
	remote := &tree.Doc{Layer: "nacos", Name: "orders.yaml"}
	root := tree.NewMap(yamlDoc, 1, 1, []tree.Entry{
		{Key: "b", Value: tree.NewScalar(yamlDoc, 9, 4, int64(1)), Line: 9, Column: 1},
		{Key: "pol", Value: tree.NewScalar(remote, 7, 12, int64(1)), Line: 7, Column: 5},
		{Key: "a", Value: tree.NewScalar(yamlDoc, 2, 4, "x"), Line: 2, Column: 1},
		{Key: "c", Value: tree.NewScalar(remote, 1, 4, "x"), Line: 1, Column: 1},
	})
	type config struct {
		A, B, C bool
		Pool    int
	}
	_, report := plan[config](t).Bind(root)
	want := `app.yaml:2:4 (file) a: must be true or false, not a string
app.yaml:9:4 (file) b: must be true or false, not a number
orders.yaml:1:4 (nacos) c: must be true or false, not a string
orders.yaml:7:5 (nacos) pol: unknown key, did you mean pool?`
	if report.Problems.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", report.Problems, want)
	}
}

func TestManyProblems(t *testing.T) {
	t.Parallel()
	var many pairs
	for i := range 5000 {
		many = append(many, fmt.Sprintf("k%d", i), i)
	}
	problems := problemsOf[one[int]](t, many)
	if len(problems) != binding.MaxProblems+1 || problems[binding.MaxProblems].Message != "4900 more problems are not listed" {
		t.Errorf("%d problems are listed, the last is: %v", len(problems), problems[len(problems)-1])
	}
}

// TestUnlistedProblemsCount holds that a value is not handed out because its wrong type is beyond
// the list.
func TestUnlistedProblemsCount(t *testing.T) {
	t.Parallel()
	var many pairs
	for i := range binding.MaxProblems {
		many = append(many, fmt.Sprintf("k%d", i), i)
	}
	p := plan[one[int]](t)
	if got, report := p.Bind(grow(yamlDoc, many)); got == nil || len(report.Problems) != binding.MaxProblems {
		t.Error("there are only unknown keys, but no value")
	}
	if got, _ := p.Bind(grow(yamlDoc, append(many, "v", "x"))); got != nil {
		t.Error("a wrong type that is not listed let a value out")
	}
}

func TestUnused(t *testing.T) {
	t.Parallel()
	shared := &tree.Doc{Layer: "nacos", Name: "shared.yaml", AllowUnknown: true}
	leaf := func(d *tree.Doc, line int32) *tree.Node { return tree.NewScalar(d, line, 3, int64(1)) }
	root := tree.NewMap(yamlDoc, 1, 1, []tree.Entry{
		{Key: "v", Value: leaf(yamlDoc, 1), Line: 1, Column: 1},
		{Key: "theirs", Value: leaf(shared, 2), Line: 2, Column: 1},
		{Key: "empty", Value: tree.NewMap(shared, 3, 2, nil), Line: 3, Column: 1},
		// The highest layer of a merged map allows it, but one below it does not.
		{Key: "mixed", Line: 5, Column: 1, Value: tree.NewMap(shared, 5, 1, []tree.Entry{
			{Key: "a", Value: leaf(shared, 6), Line: 6, Column: 1}, {Key: "b", Value: leaf(yamlDoc, 4), Line: 4, Column: 1}})},
	})
	_, report := plan[one[int]](t).Bind(root)
	if got := report.Problems.Error(); got != "app.yaml:4:1 (file) mixed: unknown key" {
		t.Errorf("only the key of a strict document is a problem, but there is:\n%s", got)
	}
	want := []binding.Unused{
		{Key: "theirs", Position: source.Position{Layer: "nacos", Document: "shared.yaml", Line: 2, Column: 1}},
		{Key: "empty", Position: source.Position{Layer: "nacos", Document: "shared.yaml", Line: 3, Column: 1}},
	}
	if fmt.Sprint(report.Unused) != fmt.Sprint(want) {
		t.Errorf("unused keys are %v, want %v", report.Unused, want)
	}
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	type config struct {
		DB struct {
			Pool     int `config:"pool"`
			Replicas int `config:"replicas"`
			MaxConns int
		} `config:"db"`
		Server struct {
			Timeout time.Duration `config:"timeout"`
			Port    int           `config:"port"`
		} `config:"server"`
		Worker struct {
			Port int `config:"port"`
		} `config:"worker"`
		LogLevel string `config:"log-level"`
		X        int    `config:"x"`
	}
	for name, test := range map[string]struct {
		in   pairs
		want string
	}{
		"letter left out":    {pairs{"db", pairs{"pol", 1}}, "db.pool"},
		"letters swapped":    {pairs{"server", pairs{"tiemout", 1}}, "server.timeout"},
		"other case":         {pairs{"db", pairs{"Pool", 1}}, "db.pool"},
		"camel for snake":    {pairs{"db", pairs{"maxConns", 1}}, "db.max_conns"},
		"dash for underline": {pairs{"db", pairs{"max-conns", 1}}, "db.max_conns"},
		"underline for dash": {pairs{"log_level", 1}, "log-level"},
		"key in another map": {pairs{"replicas", 1}, "db.replicas"},
		"dotted key":         {pairs{"db.pool", 1}, "db.pool"},
		"dotted key inside":  {pairs{"server", pairs{"db.pool", 1}}, ""},
		"in two places":      {pairs{"port", 1}, ""},
		"nothing near":       {pairs{"completely_different", 1}, ""},
		"short keys":         {pairs{"y", 1}, ""},
		"very long":          {pairs{strings.Repeat("pool", 1000), 1}, ""},
		"whole map":          {pairs{"sever", pairs{"port", 1}}, "server"},
		"empty":              {pairs{"", 1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := problemsOf[config](t, test.in)
			if len(problems) != 1 || problems[0].Kind != source.UnknownKey || problems[0].Suggest != test.want {
				t.Errorf("%v must suggest %q, but is %v", test.in, test.want, problems)
			}
		})
	}
}

// TestCauses holds that what an author says is reachable, and in no text.
func TestCauses(t *testing.T) {
	t.Parallel()
	cause := errors.New("canary-in-a-cause")
	parse := binder.Parse(func(string) (colour, error) { return colour{}, cause })
	problems := problemsOf[one[colour]](t, pairs{"v", "canary"}, parse)
	if !errors.Is(problems, cause) || !errors.Is(problems, source.WrongType) {
		t.Error("the cause cannot be found with errors.Is")
	}
	b, err := json.Marshal(problems)
	for _, shown := range []string{problems.Error(), fmt.Sprintf("%+v %#v %s", problems, problems[0], problems[0].Err), string(b)} {
		if strings.Contains(shown, "canary") || err != nil {
			t.Errorf("a cause that may carry a value is shown: %s", shown)
		}
	}
	wrapped := binder.Parse(func(string) (colour, error) {
		return colour{}, fmt.Errorf("canary %w", binder.PublicError("must be nice"))
	})
	if p := problemsOf[one[colour]](t, pairs{"v", "canary"}, wrapped); p[0].Message != "must be nice" {
		t.Errorf("a Reason in the chain must be all of the text, but it is %q", p[0].Message)
	}
}

// TestUnknownKeyWithoutAValue holds that a misspelt key is reported although it has no value.
func TestUnknownKeyWithoutAValue(t *testing.T) {
	t.Parallel()
	problems := problemsOf[one[string]](t, pairs{"w", nil})
	if len(problems) != 1 || problems[0].Kind != source.UnknownKey {
		t.Errorf("an unknown key with null is %v", problems)
	}
}
