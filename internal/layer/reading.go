package layer

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/environ"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// reading is the decoding of one document.
type reading struct {
	doc      *tree.Doc
	data     []byte
	lines    lines       // of data, computed on first use
	whole    *tree.Shape // of the config
	shape    *tree.Shape // of the document: whole at under
	policy   Policy
	isFlat   bool // each value has a name of its own
	format   string
	typed    bool // the name of the document does not say its format
	named    int  // flat names that a key fits
	strange  int  // flat names that no key fits, and that the policy accepts
	problems source.Problems
	// unused and deprecated are the notices of keys.
	unused, deprecated source.Problems
	under              tree.Path // of the document
	path               tree.Path // of the current value, in the document
	nodes              int       // number of values so far
	stopped            bool      // a limit was exceeded, or there are too many problems
	stream             bool      // the text may have several YAML documents
	relaxed            bool      // keys of fields may be in another spelling
	spellings          spellings
	// entire reports that a part of the text may mean something else than it does in the whole.
	entire bool
}

// notMap reports a root that is not a map. what is its kind in words.
func (r *reading) notMap(line, column int32, what string) {
	if r.typed {
		what += " (type " + r.format + ")"
	}
	r.report(source.Malformed, line, column, "is "+what+", not a map of keys; nacre.Under puts a document under a key")
}

// null reports a root that is null, which would remove the values of all lower layers.
func (r *reading) null(line, column int32) {
	r.report(source.Malformed, line, column, "is null; an empty document sets no key")
}

// reportForeign reports a document that has keys, none of which any field has, where the policy
// accepts unknown keys: most likely it is written in another format.
func (r *reading) reportForeign(roots []*tree.Node) {
	if !r.policy.AllowUnknown || r.format == environ.Format || len(r.problems) > 0 || r.named > 0 {
		return
	}
	keys := r.strange
	for _, root := range roots {
		if root == nil || r.isFlat {
			continue
		}
		for _, e := range root.Entries {
			if e.Verdict != tree.Accepted {
				return
			}
			keys++
		}
	}
	if keys > 0 {
		message := "no field has any of its keys"
		if r.format != "" {
			message += "; check that it is written in its format, " + r.format
		}
		r.unused = append(r.unused, &source.Problem{Kind: source.UnknownKey, Key: r.under.String(), Message: message,
			Position: source.Position{Layer: r.doc.Layer, Document: r.doc.Name}})
	}
}

// maxProblems is how many problems of one document are reported.
const maxProblems = 100

func (r *reading) report(kind source.Kind, line, column int32, message string) {
	r.add(kind, line, column, slices.Concat(r.under, r.path).String(), message)
}

// reportAt reports a problem at a key, which counts from the root of the document.
func (r *reading) reportAt(kind source.Kind, line, column int32, key, message string) {
	r.add(kind, line, column, r.under.With(key), message)
}

func (r *reading) add(kind source.Kind, line, column int32, key, message string) {
	if len(r.problems) == maxProblems {
		r.stopped = true
		return
	}
	r.problems = append(r.problems, &source.Problem{
		Kind: kind, Key: key, Message: message,
		Position: source.Position{
			Layer: r.doc.Layer, Document: r.doc.Name, Line: int(line), Column: int(column),
		},
	})
}

// count takes n values from the budget, and stops when none is left.
func (r *reading) count(n int, line, column int32) bool {
	if r.stopped {
		return false
	}
	if r.nodes += n; r.nodes > MaxNodes {
		r.stopped = true
		r.report(source.TooLarge, line, column, fmt.Sprintf("has more than %d values", MaxNodes))
		return false
	}
	return true
}

// deep reports whether the depth allows one more level.
func (r *reading) deep(depth int, line, column int32) bool {
	if depth <= tree.MaxDepth {
		return true
	}
	r.stopped = true
	r.path = nil // too long for a message
	r.report(source.TooLarge, line, column, fmt.Sprintf("is nested deeper than %d", tree.MaxDepth))
	return false
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// text prepares the data: it drops a byte order mark and refuses bytes that are not text.
func (r *reading) text(format string) bool {
	if len(r.data) > MaxSize {
		r.report(source.TooLarge, 0, 0, fmt.Sprintf("has more than %d bytes", MaxSize))
		return false
	}
	if format == environ.Format {
		return true // variables are checked one by one
	}
	if bytes.HasPrefix(r.data, []byte("\xff\xfe")) || bytes.HasPrefix(r.data, []byte("\xfe\xff")) {
		r.report(source.Malformed, 1, 1, "is UTF-16; save it as UTF-8")
		return false
	}
	r.data = bytes.TrimPrefix(r.data, byteOrderMark)
	if i := bytes.IndexByte(r.data, 0); i >= 0 {
		line, column := r.at(i)
		r.report(source.Malformed, line, column, "has a NUL byte, so it is not text")
		return false
	}
	if !utf8.Valid(r.data) {
		i := 0
		for i < len(r.data) {
			c, size := utf8.DecodeRune(r.data[i:])
			if c == utf8.RuneError && size <= 1 {
				break
			}
			i += size
		}
		line, column := r.at(i)
		r.report(source.Malformed, line, column, "is not UTF-8")
		return false
	}
	if i := bytes.Index(r.data, lost); i >= 0 {
		line, column := r.at(i)
		r.unused = append(r.unused, &source.Problem{
			Kind: source.Malformed, Key: r.under.String(),
			Message:  "has the character U+FFFD, which replaces text that a conversion could not read; publish it again as UTF-8",
			Position: source.Position{Layer: r.doc.Layer, Document: r.doc.Name, Line: int(line), Column: int(column)},
		})
	}
	return true
}

// lost is U+FFFD, which a program writes in place of what it could not decode.
var lost = []byte("\ufffd")

// at returns the line and column of an offset.
func (r *reading) at(offset int) (line, column int32) {
	if r.lines.starts == nil {
		r.lines = newLines(r.data)
	}
	return r.lines.at(min(max(offset, 0), len(r.data)))
}

// sort sorts the problems by line; the problems of variables keep their order.
func (r *reading) sort() {
	slices.SortStableFunc(r.problems, func(a, b *source.Problem) int {
		return cmp.Or(cmp.Compare(a.Position.Line, b.Position.Line), cmp.Compare(a.Position.Column, b.Position.Column))
	})
}

// enter and leave keep the path.
func (r *reading) enter(segment string) { r.path = append(r.path, segment) }
func (r *reading) leave()               { r.path = r.path[:max(len(r.path)-1, 0)] }

// entries collects the entries of a map and reports duplicates. seen becomes the index of the node.
type entries struct {
	list []tree.Entry
	seen map[string]int
}

// few is the number of entries up to which a linear search is faster than a map.
const few = 8

func (e *entries) find(key string) *tree.Entry {
	if e.seen != nil {
		if i, ok := e.seen[key]; ok {
			return &e.list[i]
		}
		return nil
	}
	for i := range e.list {
		if e.list[i].Key == key {
			return &e.list[i]
		}
	}
	return nil
}

func (e *entries) add(entry tree.Entry) {
	e.list = append(e.list, entry)
	switch {
	case e.seen != nil:
		e.seen[entry.Key] = len(e.list) - 1
	case len(e.list) > few:
		e.seen = make(map[string]int, 4*few)
		for i := range e.list {
			e.seen[e.list[i].Key] = i
		}
	}
}

// twice reports a duplicate key of a map.
func (r *reading) twice(line, column, first int32) {
	r.report(source.DuplicateKey, line, column, fmt.Sprintf("is defined twice; the first is on line %d", first))
}
