package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/source"
)

// The limits of a manifest, which the package comment states.
const (
	maxSize      = 1 << 20 // bytes of the whole, with the signature
	maxDocuments = 2000
	maxAudiences = 100
	maxText      = 1024 // bytes of a name, a pattern or another value
)

// firstLine is the first line of each manifest, and so of each signed text: a signature of another
// kind of text is never valid for a manifest.
const firstLine = "nacre-manifest: 2"

// parser reads a manifest line by line, each line once.
type parser struct {
	m    *Manifest
	line int
	seen map[string]bool // the keys of the manifest that were there

	list         string          // the list to which the lines with an indent belong; "" for none
	dash, column int             // where its items begin, and where the keys of an item do
	item         map[string]bool // the keys of the item that were there; nil for no item
	documents    map[Document]bool
}

func parse(text []byte) (*Manifest, error) {
	p := &parser{m: &Manifest{digest: sha256.Sum256(text)}, seen: map[string]bool{}, documents: map[Document]bool{}}
	if !utf8.Valid(text) {
		return nil, p.fail("the manifest is not UTF-8")
	}
	for line := range strings.Lines(string(text)) {
		p.line++
		if err := p.read(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, err
		}
	}
	if err := p.endItem(); err != nil {
		return nil, err
	}
	switch {
	case p.line == 0:
		return nil, p.fail("the manifest is empty; its first line must be " + firstLine)
	case p.m.Release == "":
		return nil, p.fail("the manifest has no release")
	case len(p.m.Documents) == 0:
		return nil, p.fail("the manifest lists no documents")
	}
	return p.m, nil
}

func (p *parser) fail(text string) error {
	at := source.Position{Line: max(p.line, 1)}
	return &source.Problem{Kind: source.Malformed, Position: at, Message: text}
}

func (p *parser) read(line string) error {
	if p.line == 1 {
		if line != firstLine {
			return p.fail("must be \"" + firstLine + "\", with which every manifest begins; make one in the older format again, with manifest.New or as docs/manifests.md says")
		}
		return nil
	}
	if strings.ContainsFunc(line, unicode.IsControl) {
		return p.fail("has a tab or another control character; indent with spaces")
	}
	text := strings.Trim(line, " ")
	indent := len(line) - len(strings.TrimLeft(line, " "))
	switch {
	case text == "" || text[0] == '#':
		return nil
	case strings.HasPrefix(text, "- "):
		return p.begin(indent, text)
	case indent == 0:
		return p.top(text)
	case p.item == nil || indent != p.column:
		return p.fail("is not indented as the key above it")
	}
	return p.field(text)
}

// begin begins an item of a list, with its first key.
func (p *parser) begin(indent int, text string) error {
	if err := p.endItem(); err != nil {
		return err
	}
	if p.list == "" {
		return p.fail("is not in a list; audience and documents are lists")
	}
	if p.dash < 0 {
		p.dash = indent
	}
	if indent != p.dash {
		return p.fail("is not indented as the item above it")
	}
	rest := strings.TrimLeft(text[1:], " ")
	p.column, p.item = indent+len(text)-len(rest), map[string]bool{}
	switch p.list {
	case "documents":
		if len(p.m.Documents) == maxDocuments {
			return p.fail(fmt.Sprintf("the manifest lists more than %d documents", maxDocuments))
		}
		p.m.Documents = append(p.m.Documents, Document{})
	default:
		if len(p.m.Audience) == maxAudiences {
			return p.fail(fmt.Sprintf("the audience has more than %d entries", maxAudiences))
		}
		p.m.Audience = append(p.m.Audience, Audience{})
	}
	return p.field(rest)
}

// endItem checks an item after its last line.
func (p *parser) endItem() error {
	if p.item == nil {
		return nil
	}
	required := []string{"namespace", "group", "service"}
	if p.list == "documents" {
		required = []string{"name", "sha256"}
	}
	for _, key := range required {
		if !p.item[key] {
			return p.fail(fmt.Sprintf("the item of %s that ends above has no %s", p.list, key))
		}
	}
	p.item = nil
	if p.list != "documents" {
		return nil
	}
	d := p.m.Documents[len(p.m.Documents)-1]
	if d.Name == "" {
		return p.fail("the name of the document that ends above is empty")
	}
	id := Document{Name: d.Name, Namespace: d.Namespace, Group: d.Group}
	if p.documents[id] {
		return p.fail("the document that ends above is listed twice")
	}
	p.documents[id] = true
	return nil
}

// top reads a key of the manifest itself.
func (p *parser) top(text string) error {
	if err := p.endItem(); err != nil {
		return err
	}
	key, value, err := p.pair(text, p.seen)
	if err != nil {
		return err
	}
	p.list = ""
	switch key {
	case "audience", "documents":
		if value != "" {
			return p.fail(key + " must be a list: an item a line below, each begun by a dash and a space")
		}
		p.list, p.dash = key, -1
		return nil
	case "release":
		p.m.Release, err = p.text(key, value)
		return err
	case "traceparent":
		if value, err = p.text(key, value); err != nil {
			return err
		}
		if !releaseline.IsTraceParent(value) {
			p.m.badTraceParent = p.line
			return nil
		}
		p.m.TraceParent = value
		return nil
	case "sequence":
		p.m.Sequence, err = strconv.ParseUint(value, 10, 64)
		if err != nil || value[0] == '0' {
			return p.fail("sequence must be a whole number from 1 on, in decimal")
		}
		return nil
	case "expires":
		if value, err = p.text(key, value); err != nil {
			return err
		}
		if p.m.Expires, err = time.Parse(time.RFC3339, value); err != nil || p.m.Expires.IsZero() {
			return p.fail("expires must be a time such as 2027-01-31T00:00:00Z")
		}
		return nil
	}
	return p.fail("is not a key of a manifest; release, sequence, traceparent, expires, audience and documents are, and signature in the last line")
}

// field reads a key of an item.
func (p *parser) field(text string) error {
	key, value, err := p.pair(text, p.item)
	if err != nil {
		return err
	}
	if value, err = p.text(key, value); err != nil {
		return err
	}
	if p.list != "documents" {
		a := &p.m.Audience[len(p.m.Audience)-1]
		to := map[string]*string{"namespace": &a.Namespace, "group": &a.Group, "service": &a.Service}[key]
		if to == nil {
			return p.fail("is not a key of an audience; namespace, group and service are")
		}
		*to = value
		return nil
	}
	d := &p.m.Documents[len(p.m.Documents)-1]
	if key == "sha256" {
		sum, err := hex.DecodeString(value)
		if err != nil || len(sum) != sha256.Size {
			return p.fail(fmt.Sprintf("sha256 must be %d hexadecimal digits", 2*sha256.Size))
		}
		d.SHA256 = [sha256.Size]byte(sum)
		return nil
	}
	to := map[string]*string{"name": &d.Name, "namespace": &d.Namespace, "group": &d.Group, "format": &d.Format}[key]
	if to == nil {
		return p.fail("is not a key of a document; name, namespace, group, format and sha256 are")
	}
	*to = value
	return nil
}

// pair splits a line into a key, which may be given once, and the text of its value.
func (p *parser) pair(text string, seen map[string]bool) (key, value string, err error) {
	key, rest, ok := strings.Cut(text, ":")
	if !ok || rest != "" && rest[0] != ' ' {
		return "", "", p.fail("must be a key, a colon, a space and a value")
	}
	if seen[key] {
		return "", "", p.fail("the key is given twice")
	}
	seen[key] = true
	return key, strings.TrimLeft(rest, " "), nil
}

// text reads a value.
func (p *parser) text(key, value string) (string, error) {
	var text string
	switch {
	case strings.HasPrefix(value, `"`):
		if json.Unmarshal([]byte(value), &text) != nil {
			return "", p.fail(key + " has a text in double quotes that is not one of JSON")
		}
	case strings.HasPrefix(value, "'"):
		inner, ok := strings.CutSuffix(value[1:], "'")
		if text = strings.ReplaceAll(inner, "''", "'"); !ok || strings.Contains(strings.ReplaceAll(inner, "''", ""), "'") {
			return "", p.fail(key + " has a text in single quotes that does not end with the line")
		}
	case isPlain(value):
		text = value
	default:
		return "", p.fail(key + " must be one text, in quotes where it is empty or has characters that YAML uses")
	}
	if len(text) > maxText {
		return "", p.fail(fmt.Sprintf("%s has more than %d bytes", key, maxText))
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "", p.fail(key + " has a control character")
	}
	return text, nil
}

// isPlain reports whether a text needs no quotes.
func isPlain(text string) bool {
	return text != "" && !strings.ContainsRune("-?:,[]{}#&*!|>'\"%@` ", rune(text[0])) && !strings.HasSuffix(text, " ") &&
		!strings.HasSuffix(text, ":") && !strings.Contains(text, ": ") && !strings.Contains(text, " #") &&
		utf8.ValidString(text) && !strings.ContainsFunc(text, unsafePlain)
}

// unsafePlain reports whether a character needs quotes: those that end a line for YAML or that no
// text shows.
func unsafePlain(r rune) bool {
	return unicode.IsControl(r) || r == '\u0085' || r == '\u2028' || r == '\u2029' || r == '\ufeff'
}
