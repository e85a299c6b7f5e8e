package manifest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// YAML returns the text of the manifest, without a signature; see [Sign].
func (m *Manifest) YAML() []byte {
	var b bytes.Buffer
	b.WriteString(firstLine + "\n")
	pair := func(before, key, value string) {
		b.WriteString(before + key + ": " + quote(value) + "\n")
	}
	pair("", "release", m.Release)
	if m.Sequence != 0 {
		pair("", "sequence", strconv.FormatUint(m.Sequence, 10))
	}
	if m.TraceParent != "" {
		pair("", "traceparent", m.TraceParent)
	}
	if !m.Expires.IsZero() {
		pair("", "expires", m.Expires.UTC().Format(time.RFC3339))
	}
	if len(m.Audience) > 0 {
		b.WriteString("audience:\n")
	}
	for _, a := range m.Audience {
		pair("- ", "namespace", a.Namespace)
		pair("  ", "group", a.Group)
		pair("  ", "service", a.Service)
	}
	b.WriteString("documents:\n")
	for _, d := range m.Documents {
		pair("- ", "name", d.Name)
		for _, p := range [][2]string{{"namespace", d.Namespace}, {"group", d.Group}, {"format", d.Format}} {
			if p[1] != "" {
				pair("  ", p[0], p[1])
			}
		}
		pair("  ", "sha256", hex.EncodeToString(d.SHA256[:]))
	}
	return b.Bytes()
}

// quote writes a text as it is, where YAML reads it as that text too, and else in quotes.
func quote(text string) string {
	if isPlain(text) {
		return text
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string can be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
