package document

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// Key is one key of a document: a scalar, or a map or list without items.
type Key struct {
	Path   string
	Type   string // "string", "int", "float", "bool", "null", "map", "list", "time"
	Line   int    // of the value, or of the list that holds it; 0 if the format has none
	Column int
	Secret bool

	text string // of the value
}

// Text returns the value as text, and [Hidden] for a secret.
func (k Key) Text() string {
	if k.Secret {
		return Hidden
	}
	return k.text
}

// Keys are the keys of a document, sorted by path.
type Keys []Key

// ErrNoKeys is the error for a document without a format that has keys.
var ErrNoKeys = errors.New("document has no keys; its name has no extension of a known format")

// whole is a struct that holds a document under one key.
type whole struct {
	Document any `config:"document"`
}

const at = "document"

// Decode decodes a document as the library does. The name decides the format, and the type, as
// Nacos stores it, does so for a name without an extension. Errors of a content are
// source.Problems.
func Decode(ctx context.Context, name, kind string, data []byte) (Keys, error) {
	named := name
	if format := source.FormatOf(name); format == "" || format == source.FormatText {
		if format = source.FormatOf("x." + kind); format == "" || format == source.FormatText {
			return nil, ErrNoKeys
		}
		named += "." + kind
	}
	cfg, err := nacre.OpenWith[whole](ctx, nacre.Options{LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler), Window: nacre.Off},
		nacre.Under(at, memory.New(named, data)))
	if err != nil {
		return nil, problems(err, name)
	}
	defer cfg.Close()
	f := flattener{positions: map[string]source.Position{}}
	report := cfg.ExplainAll().Keys
	for _, x := range report {
		f.positions[x.Key] = place(x)
	}
	if root := cfg.Tree()[at]; root != nil {
		f.add(at, root, source.Position{})
	}
	for _, x := range report { // a null is not in the tree: it removes what lower layers set
		if x.Value == "" && len(x.LayerValues) > 0 && x.LayerValues[0].Value == "null" && x.Key != at {
			f.add(x.Key, nil, source.Position{})
		}
	}
	slices.SortFunc(f.keys, func(a, b Key) int { return cmp.Compare(a.Path, b.Path) })
	return f.keys, nil
}

func place(x observe.Explanation) source.Position {
	if len(x.LayerValues) > 0 {
		return x.LayerValues[0].Position
	}
	return source.Position{}
}

// problems returns the problems of a document without the key that holds it.
func problems(err error, name string) error {
	all, ok := errors.AsType[source.Problems](err)
	if !ok {
		return err
	}
	own := make(source.Problems, len(all))
	for i, p := range all {
		q := *p
		q.Key = strings.TrimPrefix(strings.TrimPrefix(p.Key, at), ".")
		q.Position.Layer, q.Position.Document = "", name
		own[i] = &q
	}
	return own
}

type flattener struct {
	positions map[string]source.Position
	keys      Keys
}

func (f *flattener) add(path string, value any, above source.Position) {
	position, found := f.positions[path]
	if !found {
		position = above
	}
	switch v := value.(type) {
	case map[string]any:
		for name, item := range v {
			f.add(join(path, name), item, position)
		}
		if len(v) > 0 {
			return
		}
	case []any:
		for i, item := range v {
			f.add(path+"["+strconv.Itoa(i)+"]", item, position)
		}
		if len(v) > 0 {
			return
		}
	}
	own := strings.TrimPrefix(strings.TrimPrefix(path, at), ".")
	text, kind := describe(value)
	f.keys = append(f.keys, Key{
		Path: own, Type: kind, Line: position.Line, Column: position.Column, text: text,
		Secret: (SecretName(own) || SecretValue(text)) && text != "" && kind != "map" && kind != "list" && kind != "null" && kind != "bool",
	})
}

// join returns the path of a key as the library writes it.
func join(path, name string) string {
	for _, r := range name {
		if r == '.' || r == '[' || r == ']' || r == '"' || r <= ' ' {
			return path + "." + strconv.Quote(name)
		}
	}
	if name == "" {
		return path + `.""`
	}
	return path + "." + name
}

func describe(value any) (text, kind string) {
	switch v := value.(type) {
	case nil:
		return "null", "null"
	case string:
		return v, "string"
	case bool:
		return strconv.FormatBool(v), "bool"
	case map[string]any:
		return "{}", "map"
	case []any:
		return "[]", "list"
	case float32, float64:
		data, err := json.Marshal(v)
		if err != nil { // not a number, or infinite
			return fmt.Sprint(v), "float"
		}
		return string(data), "float"
	case fmt.Stringer:
		return v.String(), "time"
	}
	return fmt.Sprint(value), "int"
}
