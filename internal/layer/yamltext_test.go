package layer_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/source"
)

// A document may name its YAML version. The same rules hold for 1.1 and 1.2, those of
// TestYAMLValues.
func TestYAMLDirectives(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"%YAML 1.2\n---\na: 1\n", "%YAML 1.1\n---\na: 1\n", "\ufeff%YAML 1.2\r\n---\r\na: 1\r\n", "# c\n\n%YAML 1.2 # d\n---\na: 1\n",
		"%YAML\t1.2\n--- # c\na: 1\n...\n", "%TAG ! tag:example.com,2000:\n%YAML 1.2\n---\na: 1\n", "%YAML 1.2\n---\n...\n%YAML 1.2\n---\na: 1\n",
		"%TAG !y! tag:yaml.org,2002:\n---\na: !y!int \"1\"\n", "%YAML 1.2\r---\ra: 1\r", "%YAML 1.2\n%TAG !! tag:yaml.org,2002:\n---\na: !!int 1\n",
	} {
		if got := must(t, "yaml", text, nil).Plain(); !reflect.DeepEqual(got, any(map[string]any{"a": int64(1)})) {
			t.Errorf("%q is %v", text, got)
		}
	}
	// What looks like one is not always one.
	got := must(t, "yaml", "a: |\n  %YAML 1.2\n  x\nb: \"\n  %YAML 1.2\n  \"\n", nil).Plain()
	if !reflect.DeepEqual(got, any(map[string]any{"a": "%YAML 1.2\nx\n", "b": " %YAML 1.2 "})) {
		t.Errorf("a text in which %%YAML stands is %v", got)
	}
	for _, c := range []struct{ text, want string }{
		{"%YAML 2.0\n---\na: 1\n", "doc:1:1 (l): names a YAML version that is not supported - write %YAML 1.2, or leave the line out"},
		{"# c\n%YAML 1.3\n---\na: 1\n", "doc:2:1 (l): names a YAML version that is not supported - write %YAML 1.2, or leave the line out"},
		{"%YAML 1.25\n---\na: 1\n", "doc:1:1 (l): names a YAML version that is not supported - write %YAML 1.2, or leave the line out"},
		{"%YAML\n---\na: 1\n", "doc:1:1 (l): names a YAML version that is not supported - write %YAML 1.2, or leave the line out"},
		{"a: 1\n...\n%YAML 1.0\n---\n", "doc:3:1 (l): names a YAML version that is not supported - write %YAML 1.2, or leave the line out"},
		{"%YAML 1.2\na: 1\n", "doc:2:1 (l): follows a directive (%) without a --- line between them"},
		{"%YAML 1.2\n%YAML 1.2\n---\na: 1\n", "doc:2 (l): is not valid YAML: it has two %YAML lines"},
		{"%FOO 1\n---\na: 1\n", "doc:1 (l): is not valid YAML: it has a directive other than %YAML and %TAG"},
		{"%TAG ! x\n%TAG ! y\n---\na: 1\n", "doc:2 (l): is not valid YAML: it declares a tag twice"},
	} {
		_, ps := read("yaml", c.text, nil)
		want(t, ps, c.want)
	}
}

// YAML 1.1 and 1.2 disagree on what ends a line, so that one editor's comment is another's key.
func TestYAMLLineSeparators(t *testing.T) {
	t.Parallel()
	for name, separator := range map[string]string{"NEL": "\u0085", "LS": "\u2028", "PS": "\u2029"} {
		for _, text := range []string{"a: 1 # é" + separator + "b: 2\n", "\n\na: \"x" + separator + "y\"\n"} {
			_, ps := read("yaml", text, nil)
			if len(ps) != 1 || ps[0].Position.Line != strings.Count(text, "\n") || !strings.Contains(ps[0].Message, "has a Unicode line separator") {
				t.Errorf("%s in %q was taken, or the wrong line was told: %v", name, text, ps)
			}
		}
	}
	got := must(t, "yaml", "a: \"x\\Ny\\Lz\\P\"\n", nil).Child("a").Value
	if got != "x\u0085y\u2028z\u2029" {
		t.Errorf("escaped, they are %q", got)
	}
	for format, text := range map[string]string{"json": `{"k":"a` + "\u2028" + `b"}`, "toml": "k = 'a\u2028b'\n", "properties": "k=a\u2028b\n", "dotenv": "K=a\u2028b\n", "environ": environData(t, "K=a\u2028b")} {
		if n, ps := read(format, text, structOf("k")); ps != nil || !strings.Contains(n.Child("k").Plain().(string), "a\u2028b") {
			t.Errorf("a line separator of Unicode is an ordinary character in %s, and got lost: %v", format, ps)
		}
	}
}

// Digits with a leading zero are octal to some readers and decimal to others, so they are text, as
// 1.2.3 is.
func TestYAMLLeadingZeros(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0644", "08", "09", "00", "-017", "+07", "0_7", "010", "00000000000000000000000000"} {
		if got := must(t, "yaml", "k: "+text+"\n", nil).Child("k").Value; got != text {
			t.Errorf("%s is %T %v, want the text %q", text, got, got, text)
		}
	}
	for text, want := range map[string]any{
		"01.5": 1.5, "0": int64(0), "-0": int64(0), "0.5": 0.5, "01e1": 10.0, "0o644": int64(420), "0x0F": int64(15), "0b01": int64(1), "-0o17": int64(-15),
		"1e400": "1e400", "1:30": "1:30", "190:20:30": "190:20:30", "5.": 5.0, "-.5": -0.5, "0x": "0x", "0o8": "0o8", "0b2": "0b2", "_1": "_1", "+": "+", ".": ".",
	} {
		if got := must(t, "yaml", "k: "+text+"\n", nil).Child("k").Value; !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %T %v, want %T %v", text, got, got, want, want)
		}
	}
	for _, tag := range []string{"!!int 0644", "!!int \"08\"", "!!float 010"} {
		_, ps := read("yaml", "k: "+tag+"\n", nil)
		want(t, ps, "doc:1:4 (l) k: is tagged as a number and starts with 0; write 0o in front of an octal number, and nothing in front of a decimal one")
	}
}

// Octal says how a number was written, which only a file mode wants to know.
func TestOctalIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format, text string
		octal        bool
	}{
		{"yaml", "k: 0o644", true}, {"yaml", "k: !!int 0o644", true}, {"yaml", "k: 420", false}, {"yaml", "k: 0x1A4", false}, {"toml", "k = 0o644", true},
		{"toml", "k = 420", false}, {"json", `{"k":420}`, false},
	} {
		if n := must(t, c.format, c.text, nil).Child("k"); n.Value != int64(420) || n.Octal != c.octal {
			t.Errorf("%s is %v, and octal: %t", c.text, n.Value, n.Octal)
		}
	}
}

// !!binary is decoded in values and keys. Keys are text, so a key must be UTF-8.
func TestYAMLBinary(t *testing.T) {
	t.Parallel()
	got := must(t, "yaml", "!!binary aGk=: 1\n? !!binary |\n  aG8=\n: 2\nv: !!binary /w==\n!!str 5: 3\n!!int 6: 4\n", nil).Plain()
	if !reflect.DeepEqual(got, any(map[string]any{"hi": int64(1), "ho": int64(2), "v": "\xff", "5": int64(3), "6": int64(4)})) {
		t.Errorf("got %v", got)
	}
	for _, c := range []struct{ text, want string }{
		{"a: 1\n!!binary /w==: 1\n", "doc:2:1 (l): has a key that is not UTF-8 after decoding; keys are text"},
		{"!!binary '%': 1\n", "doc:1:1 (l): has a key that is tagged !!binary and is not base64"},
		{"!x a: 1\n", "doc:1:1 (l): has a key with a YAML tag that is not supported"},
		{"hi: 1\n!!binary aGk=: 1\n", "doc:2:1 (l) hi: is defined twice; the first is on line 1"},
	} {
		_, ps := read("yaml", c.text, nil)
		want(t, ps, c.want)
	}
}

// TestNotText holds that every format refuses bytes that are not text, with their position.
func TestNotText(t *testing.T) {
	t.Parallel()
	for format, text := range map[string]string{"yaml": "a: 1\nk: \"$\"\n", "json": "{\"a\":1,\n \"k\": \"$\"}", "toml": "a = 1\nk = '$'\n", "properties": "a = 1\nk = $\n", "dotenv": "A=1\nK='$'\n"} {
		column := strings.Index(strings.Split(text, "\n")[1], "$") + 1
		for bad, message := range map[string]string{"\xff": "is not UTF-8", "\xed\xa0\x80": "is not UTF-8", "\x00": "has a NUL byte, so it is not text"} {
			_, ps := read(format, strings.ReplaceAll(text, "$", bad), structOf("a", "k"))
			want(t, ps, "doc:2:"+itoa(column)+" (l): "+message)
			_, ps = read(format, strings.ReplaceAll(text, "k", bad), structOf("a", "k"))
			if format != "dotenv" && (len(ps) != 1 || ps[0].Position.Line != 2 || ps[0].Message != message) {
				t.Errorf("%s with a key of %q: %v", format, bad, ps)
			}
		}
	}
	_, ps := read("environ", environData(t, "K=\xff"), structOf("k"))
	want(t, ps, "$APP_K (l) k: is not UTF-8")
	_, ps = read("environ", environData(t, "LABELS_\xff=x"), structOf("labels", mapOf(leaf)))
	want(t, ps, "$APP_LABELS_\ufffd (l): has a name that is not UTF-8")
	for _, text := range []string{`{"k":"\ud800"}`, `{"k":"a\udc00b"}`, `{"\ud83dx":1}`, `{"k":"\ud83d\u0041"}`} {
		if _, ps := read("json", text, nil); len(ps) != 1 || ps[0].Kind != source.Malformed || ps[0].Message != `has a \u that is not a character; a character beyond \uffff is a pair of them` {
			t.Errorf("%s was made another text than it is: %v", text, ps)
		}
	}
	if got := must(t, "json", `{"k":"\ud83d\ude00\\ud800\ufffd"}`, nil).Child("k").Value; got != "😀\\ud800\ufffd" {
		t.Errorf("a pair is %q", got)
	}
}

// A NUL byte is refused because it shows a file that is not text; an escape says that a NUL is
// meant.
func TestEscapedNUL(t *testing.T) {
	t.Parallel()
	for format, text := range map[string]string{"json": `{"k":"\u0000"}`, "yaml": `k: "\0"`, "toml": `k = "\u0000"`} {
		if got := must(t, format, text, nil).Child("k").Value; got != "\x00" {
			t.Errorf("an escaped NUL in %s is %q", format, got)
		}
	}
}

// TestCarriageReturns holds that CRLF means what LF does, and that a lone CR never becomes part of
// a value.
func TestCarriageReturns(t *testing.T) {
	t.Parallel()
	shape := structOf("a", "b")
	for format, text := range map[string]string{"yaml": "a: x\nb: y\n", "json": "{\n\"a\": \"x\",\n\"b\": \"y\"\n}\n", "toml": "a = 'x'\nb = 'y'\n", "properties": "a=x\nb=y\n", "dotenv": "A=x\nB='y' # c\n"} {
		n := must(t, format, strings.ReplaceAll(text, "\n", "\r\n"), shape)
		if got := n.Plain(); !reflect.DeepEqual(got, any(map[string]any{"a": "x", "b": "y"})) {
			t.Errorf("%s with CRLF is %v", format, got)
		}
		n, ps := read(format, strings.ReplaceAll(text, "\n", "\r"), shape)
		switch format {
		case "toml":
			want(t, ps, "doc:1:8 (l): is not valid TOML: it has a carriage return (CR) without a line feed; save it with LF or CRLF")
		case "dotenv":
			want(t, ps, "doc:1:4 (l): has a carriage return (CR) without a line feed; save it with LF or CRLF, or write \\r in double quotes")
		default:
			if ps != nil || !reflect.DeepEqual(n.Plain(), any(map[string]any{"a": "x", "b": "y"})) {
				t.Errorf("%s with CR is %v %v", format, n.Plain(), ps)
			}
		}
	}
	// Every line end counts as one line.
	for format, text := range map[string]string{"yaml": "a: 1\nb: 2\na: 3\n", "json": "{\"a\":1,\n\"b\":2,\n\"a\":3}\n", "properties": "a=1\nb=2\na=3\n"} {
		for _, end := range []string{"\n", "\r\n", "\r"} {
			if _, ps := read(format, strings.ReplaceAll(text, "\n", end), shape); len(ps) != 1 || ps[0].Position.Line != 3 || ps[0].Position.Column != 1 {
				t.Errorf("%s with %q: %v, want line 3, column 1", format, end, ps)
			}
		}
	}
}
