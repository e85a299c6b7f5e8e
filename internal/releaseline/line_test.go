package releaseline_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestALineIsReadStrictly(t *testing.T) {
	t.Parallel()
	both := releaseline.Line{Release: "2.4.0", TraceParent: parent}
	none := releaseline.Line{}
	long := strings.Repeat("r", 128)
	for text, want := range map[string]releaseline.Line{
		"# nacre: release=2.4.0 traceparent=" + parent:                          both,
		"# nacre: release=2.4.0 traceparent=" + parent + "\na: 1":               both,
		"# nacre: traceparent=" + parent + "  release=2.4.0 \r\n":               both,
		"\ufeff# nacre: release=2.4.0\n":                                        {Release: "2.4.0"},
		"# nacre: traceparent=" + parent:                                        {TraceParent: parent},
		"# nacre: release=team/app@1:2+b_3-4 by=ann;x=1\n":                      {Release: "team/app@1:2+b_3-4"},
		"# nacre: release=" + long:                                              {Release: long},
		"# nacre: later=1":                                                      none,
		"# nacre: release=" + long + "r":                                        none,
		"# nacre: release=1 " + strings.Repeat("x=1 ", 130):                     none,
		"# nacre: release=1 release=2":                                          none,
		"# nacre: release=1 traceparent=" + parent + "0":                        none,
		"# nacre: release=1 traceparent=" + strings.ToUpper(parent):             none,
		"# nacre: release=1 traceparent=01" + parent[2:]:                        none,
		"# nacre: traceparent=00-" + strings.Repeat("0", 32) + parent[35:]:      none,
		"# nacre: traceparent=" + parent[:36] + strings.Repeat("0", 16) + "-01": none,
		"# nacre: release=":                                                     none, "# nacre: =1": none, "# nacre: ": none, "# nacre:": none, "#nacre: release=1": none,
		"# nacre: release=1\ttraceparent=" + parent: none, "# nacre: release=1 and more": none,
		"# nacre: release=a\x00": none, "# nacre: release=\x1b[31m": none, "# nacre: release=ü": none, "# nacre: Release=1": none,
		"# nacre: release=${secret}": none, `# nacre: release="1"`: none,
		"\n# nacre: release=1": none, " # nacre: release=1": none, "a: 1\n# nacre: release=1": none, "": none,
	} {
		for _, format := range []string{source.FormatYAML, source.FormatTOML, source.FormatProperties, source.FormatDotenv} {
			if got := releaseline.Read(format, []byte(text)); got != want {
				t.Errorf("%q in %s is read as %+v, documented as %+v", text, format, got, want)
			}
		}
		for _, format := range []string{source.FormatJSON, source.FormatText, "environ", ""} {
			if got := releaseline.Read(format, []byte(text)); got != none {
				t.Errorf("%q is read as %+v in the format %q, which has no comments", text, got, format)
			}
		}
	}
}

func TestPutReplacesALine(t *testing.T) {
	t.Parallel()
	line := releaseline.Line{Release: "r2", TraceParent: parent}
	text := line.String()
	for before, after := range map[string]string{
		"a: 1\n":                          text + "\na: 1\n",
		"# nacre: release=r1\na: 1\n":     text + "\na: 1\n",
		"# nacre: release=r1\r\na: 1\r\n": text + "\r\na: 1\r\n",
		"\ufeffa: 1\n":                    text + "\na: 1\n",
		"\ufeff# nacre: later=1\na: 1":    text + "\na: 1",
		"# nacre: not one\na: 1":          text + "\n# nacre: not one\na: 1",
		"# nacre: release=r1":             text + "\n",
	} {
		if got := releaseline.Put(source.FormatYAML, []byte(before), line); string(got) != after {
			t.Errorf("%q becomes %q, want %q", before, got, after)
		}
	}
	if got := releaseline.Put(source.FormatYAML, []byte(text+"\na: 1\n"), releaseline.Line{}); string(got) != "a: 1\n" {
		t.Errorf("a zero line leaves %q", got)
	}
}

// FuzzLine reads anything as a document. Its line is bounded, and what is written is read again.
// The values of a document are the same with a line and without it.
func FuzzLine(f *testing.F) {
	f.Add("a: 1\n", "2.4.0", parent)
	f.Add("# nacre: release=1 traceparent="+parent+"\na = 1", "r", "")
	f.Add("\ufeff# nacre: x=1\r\nA=1", "", parent)
	f.Add("%YAML 1.2\n---\na: 1", "r", parent)
	shape := &tree.Shape{}
	f.Fuzz(func(t *testing.T, text, release, trace string) {
		for _, format := range []string{source.FormatYAML, source.FormatTOML, source.FormatProperties, source.FormatDotenv} {
			found := releaseline.Read(format, []byte(text))
			if found.Release != "" && !releaseline.IsRelease(found.Release) || found.TraceParent != "" && !releaseline.IsTraceParent(found.TraceParent) {
				t.Fatalf("%q in %s has a line that is not valid: %+v", text, format, found)
			}
			if !releaseline.IsRelease(release) || trace != "" && !releaseline.IsTraceParent(trace) {
				continue
			}
			want := releaseline.Line{Release: release, TraceParent: trace}
			put := releaseline.Put(format, []byte(text), want)
			if got := releaseline.Read(format, put); got != want {
				t.Fatalf("%+v is read as %+v from %q", want, got, put)
			}
			if again := releaseline.Put(format, put, want); !bytes.Equal(again, put) {
				t.Fatalf("%q becomes %q when the same line is put again", put, again)
			}
			if a, b := decoded(shape, format, []byte(text)), decoded(shape, format, put); a != nil && (b == nil || !tree.Equal(a, b)) {
				t.Fatalf("%q and %q differ in %s", text, put, format)
			}
		}
	})
}

// decoded returns the values of a document, or nil if it has problems.
func decoded(shape *tree.Shape, format string, data []byte) *tree.Node {
	root, problems := layer.Decode("l", "r", source.Document{Name: "d", Format: format, Data: data, AllowUnknown: true}, shape)
	if problems != nil {
		return nil
	}
	return root
}
