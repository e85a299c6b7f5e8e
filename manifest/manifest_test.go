package manifest_test

import (
	"crypto/ed25519"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/manifest"
)

func keys(seed byte) (ed25519.PublicKey, ed25519.PrivateKey) {
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(seed), ed25519.SeedSize)))
	return private.Public().(ed25519.PublicKey), private
}

const traceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// whole is a manifest that has all that one can have.
func whole() *manifest.Manifest {
	m := manifest.New("2.4.0", map[string][]byte{"a.yaml": []byte("a"), "b.toml": []byte("b")})
	m.Add(manifest.Document{Name: "dir/c", Namespace: "prod", Group: "ORDERS", Format: "properties"}, []byte("c"))
	m.Sequence, m.Expires = 17, time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	m.TraceParent = traceParent
	m.Audience = []manifest.Audience{{Namespace: "prod-*", Group: "*", Service: ""}, {Namespace: "a b", Group: `"quoted"`, Service: "it's: #1"}}
	return m
}

// withoutDigest is what a manifest says, whatever text it was read from.
func withoutDigest(m *manifest.Manifest) manifest.Manifest {
	return manifest.Manifest{Release: m.Release, Sequence: m.Sequence, TraceParent: m.TraceParent, Expires: m.Expires, Audience: m.Audience, Documents: m.Documents}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*manifest.Manifest{
		"all there is":    whole(),
		"as little as is": manifest.New("1", map[string][]byte{"x": nil}),
		"names of every kind": manifest.New("null", map[string][]byte{"- a": nil, "a: b": nil, "a #b": nil, "'": nil, `"`: nil, " a ": nil, "a:": nil, "ä\u2028": nil,
			"*": nil, "~": nil, "[a]": nil, "{": nil, "a\\b": nil, "<&>": nil, "1": nil, "true": nil}),
	} {
		got, err := manifest.Parse(m.YAML())
		if err != nil {
			t.Errorf("%s: %v in\n%s", name, err, m.YAML())
			continue
		}
		if !reflect.DeepEqual(withoutDigest(got), withoutDigest(m)) {
			t.Errorf("%s: what is written is read back as another manifest:\n%+v\n%+v", name, got, m)
		}
	}
}

func TestAPersonMayWriteIt(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("0", 64)
	m, err := manifest.Parse([]byte("nacre-manifest: 2\r\n\r\n# by hand\r\nrelease: '2.4'\r\ndocuments:\r\n    # the first\r\n    -   name: \"a.yaml\"\r\n        sha256: " +
		sum + "\r\n    -   sha256: " + strings.ToUpper(strings.Repeat("ab", 32)) + "\r\n\r\n        name: it''s\r\n"))
	if err != nil || len(m.Documents) != 2 || m.Release != "2.4" || m.Documents[1].Name != "it''s" || m.Documents[1].SHA256[0] != 0xab {
		t.Errorf("a manifest with comments, other indents and lines of Windows: %+v, %v", m, err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("0", 64)
	head, doc := "nacre-manifest: 2\nrelease: 1\n", "documents:\n- name: a\n  sha256: "+sum+"\n"
	if _, err := manifest.Parse([]byte(head + doc)); err != nil {
		t.Fatalf("control: %v", err)
	}
	for what, text := range map[string]string{
		"nothing":                      "",
		"a text":                       "x",
		"a config":                     "db: {dsn: x}",
		"the form before":              "release: 1\ndocuments:\n  a: sha256:" + sum + "\n",
		"JSON":                         `{"release": "1"}`,
		"another version":              "nacre-manifest: 3\nrelease: 1\n" + doc,
		"no release":                   "nacre-manifest: 2\n" + doc,
		"no documents":                 head,
		"an empty list":                head + "documents:\n",
		"a list in brackets":           head + "documents: []\n",
		"another key":                  head + doc + "x: 1\n",
		"another key of a document":    head + doc + "  x: 1\n",
		"another key of an audience":   head + "audience:\n- x: 1\n" + doc,
		"a key twice":                  head + "release: 2\n" + doc,
		"a list twice":                 head + doc + doc,
		"a key of a document twice":    head + doc + "  name: b\n",
		"a document twice":             head + doc + "- name: a\n  sha256: " + sum + "\n",
		"a document without a name":    head + "documents:\n- sha256: " + sum + "\n",
		"an empty name":                head + "documents:\n- name: ''\n  sha256: " + sum + "\n",
		"a document without digest":    head + "documents:\n- name: a\n",
		"a short digest":               head + "documents:\n- name: a\n  sha256: 00\n",
		"an audience without group":    head + "audience:\n- namespace: '*'\n  service: a\n" + doc,
		"an audience that is no list":  head + "audience: prod\n" + doc,
		"a pattern without quotes":     head + "audience:\n- namespace: *\n  group: a\n  service: b\n" + doc,
		"a sequence of nothing":        head + "sequence: 0\n" + doc,
		"a negative sequence":          head + "sequence: -1\n" + doc,
		"a sequence that is none":      head + "sequence: x\n" + doc,
		"an octal sequence":            head + "sequence: 017\n" + doc,
		"a sequence too large":         head + "sequence: 18446744073709551616\n" + doc,
		"no time":                      head + "expires: tomorrow\n" + doc,
		"an item of nothing":           head + "- name: a\n" + doc,
		"an indent of nothing":         head + "  x: 1\n" + doc,
		"another indent in an item":    head + "documents:\n- name: a\n   sha256: " + sum + "\n",
		"another indent of an item":    head + doc + " - name: b\n   sha256: " + sum + "\n",
		"a tab":                        head + "documents:\n-\tname: a\n  sha256: " + sum + "\n",
		"an anchor":                    "nacre-manifest: 2\nrelease: &a 1\n" + doc,
		"an alias":                     head + "documents:\n- name: *a\n  sha256: " + sum + "\n",
		"a tag":                        "nacre-manifest: 2\nrelease: !!str 1\n" + doc,
		"a comment behind a value":     "nacre-manifest: 2\nrelease: 1 # x\n" + doc,
		"a text over lines":            "nacre-manifest: 2\nrelease: 1\n  2\n" + doc,
		"a text that does not end":     "nacre-manifest: 2\nrelease: \"1\n" + doc,
		"a text that ends early":       "nacre-manifest: 2\nrelease: 'a' b'\n" + doc,
		"an escape of YAML":            "nacre-manifest: 2\nrelease: \"\\x41\"\n" + doc,
		"a line break in a text":       "nacre-manifest: 2\nrelease: \"a\\nb\"\n" + doc,
		"a key without a space":        head + "documents:\n- name:a\n  sha256: " + sum + "\n",
		"a second document of YAML":    head + doc + "---\n",
		"what is no UTF-8":             head + doc + "# \xff\n",
		"a long text":                  "nacre-manifest: 2\nrelease: " + strings.Repeat("a", manifest.MaxText+1) + "\n" + doc,
		"a signature that is none":     head + doc + "signature: x\n",
		"a short signature":            head + doc + "signature: AAAA\n",
		"too many bytes":               head + doc + strings.Repeat("#", manifest.MaxSize),
		"too many documents":           head + "documents:\n" + many(manifest.MaxDocuments+1, func(i int) string { return fmt.Sprintf("- name: n%d\n  sha256: %s\n", i, sum) }),
		"an audience too large":        head + "audience:\n" + many(manifest.MaxAudiences+1, func(int) string { return "- namespace: a\n  group: b\n  service: c\n" }) + doc,
		"a carriage return in a value": head + "documents:\n- name: a\rb\n  sha256: " + sum + "\n",
	} {
		if m, err := manifest.Parse([]byte(text)); err == nil {
			t.Errorf("%s is a manifest: %+v", what, m)
		}
	}
}

func many(n int, line func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(line(i))
	}
	return b.String()
}

// An error goes to logs and pages, and what somebody takes for a manifest may be a config with
// secrets.
func TestErrorsHaveNoValues(t *testing.T) {
	t.Parallel()
	head := "nacre-manifest: 2\nrelease: 1\n"
	for _, text := range []string{"cAnArY: x", "x: cAnArY", head + "cAnArY: x", head + "expires: cAnArY", head + "sequence: cAnArY", head + "documents: cAnArY",
		head + "documents:\n- cAnArY: x", head + "documents:\n- name: 'cAnArY", head + "documents:\n- sha256: cAnArY", head + "signature: cAnArY"} {
		if _, err := manifest.Parse([]byte(text)); err == nil || strings.Contains(err.Error(), "cAnArY") {
			t.Errorf("the error for %q is %v, want one without a value", text, err)
		}
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "a", true}, {"a", "A", false}, {"a", "ab", false}, {"a", "", false},
		{"*", "", true}, {"*", "a/b.c", true}, {"**", "", true}, {"a*", "a", true}, {"a*", "ab", true}, {"a*", "ba", false},
		{"*a", "a", true}, {"*a", "ba", true}, {"*a", "ab", false}, {"a*a", "a", false}, {"a*a", "aa", true}, {"a*b*c", "abc", true},
		{"a*b*c", "a-b-b-c", true}, {"a*b*c", "acb", false}, {"*ab*ab", "abab", true}, {"*ab*ab", "ab", false}, {"a?", "ab", false}, {"a?", "a?", true},
		{"[ab]", "a", false}, {`\*`, "*", false}, {`\*`, `\x`, true}, {"prod-*", "prod-eu", true}, {"prod-*", "staging-prod-eu", false},
	} {
		m := manifest.Manifest{Audience: []manifest.Audience{{Namespace: c.pattern, Group: "*", Service: "*"}}}
		if got := m.For(c.text, "g", "s"); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.pattern, c.text, got, c.want)
		}
	}
	m := whole()
	if !m.For("prod-eu", "any", "") || m.For("prod-eu", "any", "orders") || m.For("staging", "any", "") {
		t.Error("a release is for others than its audience says")
	}
}
