package manifest_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/nacre-go/nacre/manifest"
)

// FuzzParse reads anything as a manifest. What is one is read back from what YAML writes of it; it
// can be signed if it is complete, and then verifies; and a parser of YAML reads the same from it.
func FuzzParse(f *testing.F) {
	public, private := keys(1)
	f.Add(whole().YAML())
	f.Add(signed(f, whole(), 1))
	f.Add([]byte("nacre-manifest: 2\nrelease: '1'\ndocuments:\n  - name: \"a\\u0062\"\n    sha256: " + strings.Repeat("0", 64)))
	f.Add([]byte("nacre-manifest: 2\nrelease: 1\ntraceparent: 00-0\ndocuments:\n- name: a\n  sha256: " + strings.Repeat("0", 64)))
	f.Add([]byte("release: &a 1\ndocuments: *a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := manifest.Parse(data)
		if _, verr := manifest.Verify(data, public); verr == nil && err != nil {
			t.Errorf("%q verifies and does not parse: %v", data, err)
		}
		if err != nil {
			return
		}
		if m.TraceParent != "" && (len(m.TraceParent) != len(traceParent) || strings.Trim(m.TraceParent, "0123456789abcdef-") != "") {
			t.Errorf("%q has the trace parent %q", data, m.TraceParent)
		}
		again, err := manifest.Parse(m.YAML())
		if err != nil || !reflect.DeepEqual(withoutDigest(again), withoutDigest(m)) {
			t.Errorf("%q is read as %+v, and written and read again as %+v, %v", data, m, again, err)
		}
		if s, err := manifest.Sign(data, private); err == nil {
			got, err := manifest.Verify(s, public)
			if err != nil || !reflect.DeepEqual(withoutDigest(got), withoutDigest(m)) {
				t.Errorf("%q is signed as %q, and verified as %+v, %v", data, s, got, err)
			}
		}
		if want, ok := byYAML(data); ok && want != told(m) {
			t.Errorf("%q is read as\n%s, and by a parser of YAML as\n%s", data, told(m), want)
		}
	})
}

// told is what a manifest says in the texts that byYAML finds.
func told(m *manifest.Manifest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q", m.Release)
	for _, a := range m.Audience {
		fmt.Fprintf(&b, " [%q %q %q]", a.Namespace, a.Group, a.Service)
	}
	for _, d := range m.Documents {
		fmt.Fprintf(&b, " {%q %q %q %q}", d.Name, d.Namespace, d.Group, d.Format)
	}
	return b.String()
}

// byYAML reads the texts of a manifest as any program would. It reports false for what a parser of
// YAML takes too long for.
func byYAML(data []byte) (string, bool) {
	if len(data) > 4096 {
		return "", false
	}
	var root yaml.Node
	if err := yaml.Unmarshal(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), &root); err != nil {
		return "not YAML: " + err.Error(), true
	}
	top := fields(root.Content[0])
	var b strings.Builder
	fmt.Fprintf(&b, "%q", value(top["release"]))
	for _, list := range []struct {
		key, format string
		fields      []string
	}{{"audience", " [%q %q %q]", []string{"namespace", "group", "service"}}, {"documents", " {%q %q %q %q}", []string{"name", "namespace", "group", "format"}}} {
		if top[list.key] == nil {
			continue
		}
		for _, item := range top[list.key].Content {
			var values []any
			for _, key := range list.fields {
				values = append(values, value(fields(item)[key]))
			}
			fmt.Fprintf(&b, list.format, values...)
		}
	}
	return b.String(), true
}

func fields(n *yaml.Node) map[string]*yaml.Node {
	all := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		all[n.Content[i].Value] = n.Content[i+1]
	}
	return all
}

func value(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.Value
}
