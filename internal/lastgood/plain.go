package lastgood

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// plain is the tree of a document in a JSON encoding that keeps types: JSON does not distinguish 5
// from 5.0, or a string from a time. Strings, booleans and null are those of JSON; any other value
// is an object with one tagged member.
type plain struct{ m map[string]any }

// Set replaces the tree.
func (p *plain) Set(m map[string]any) { p.m = m }

func (p plain) IsZero() bool { return p.m == nil }

func (p plain) MarshalJSON() ([]byte, error) {
	tagged, err := tag(p.m)
	if err != nil {
		return nil, err
	}
	return json.Marshal(tagged)
}

func (p *plain) UnmarshalJSON(data []byte) error {
	var tagged any
	if err := json.Unmarshal(data, &tagged); err != nil {
		return err
	}
	v, err := untag(tagged)
	if err != nil {
		return err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return errContent
	}
	p.m = m
	return nil
}

func tag(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		return tagString(v), nil
	case source.Text:
		if !utf8.ValidString(string(v)) {
			return map[string]any{"rawtext": base64.StdEncoding.EncodeToString([]byte(v))}, nil
		}
		return map[string]any{"text": string(v)}, nil
	case time.Time:
		return map[string]any{"time": v.Format(time.RFC3339Nano)}, nil
	case time.Duration:
		return v.String(), nil
	case []byte:
		return tagString(string(v)), nil
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Map:
		m := make(map[string]any, rv.Len())
		for iter := rv.MapRange(); iter.Next(); {
			child, err := tag(iter.Value().Interface())
			if err != nil {
				return nil, err
			}
			m[tree.KeyText(iter.Key())] = child
		}
		return map[string]any{"map": m}, nil
	case reflect.Slice, reflect.Array:
		l := make([]any, rv.Len())
		for i := range l {
			child, err := tag(rv.Index(i).Interface())
			if err != nil {
				return nil, err
			}
			l[i] = child
		}
		return map[string]any{"list": l}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return map[string]any{"int": strconv.FormatInt(rv.Int(), 10)}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return map[string]any{"uint": strconv.FormatUint(rv.Uint(), 10)}, nil
	case reflect.Float32, reflect.Float64:
		return map[string]any{"float": strconv.FormatFloat(rv.Float(), 'g', -1, 64)}, nil
	case reflect.String:
		return tagString(rv.String()), nil
	case reflect.Bool:
		return rv.Bool(), nil
	case reflect.Pointer:
		if rv.IsNil() {
			return nil, nil
		}
		return tag(rv.Elem().Interface())
	}
	return nil, fmt.Errorf("a %T cannot be part of a tree", v)
}

// tagString is a string, or bytes that are not text, which JSON would change.
func tagString(s string) any {
	if utf8.ValidString(s) {
		return s
	}
	return map[string]any{"raw": base64.StdEncoding.EncodeToString([]byte(s))}
}

func untag(v any) (any, error) {
	o, ok := v.(map[string]any)
	if !ok {
		return v, nil
	}
	for kind, inner := range o { // one member
		switch inner := inner.(type) {
		case map[string]any:
			m := make(map[string]any, len(inner))
			for k, child := range inner {
				u, err := untag(child)
				if err != nil {
					return nil, err
				}
				m[k] = u
			}
			return m, nil
		case []any:
			l := make([]any, len(inner))
			for i, child := range inner {
				u, err := untag(child)
				if err != nil {
					return nil, err
				}
				l[i] = u
			}
			return l, nil
		case string:
			return scalar(kind, inner)
		}
	}
	return nil, errContent
}

func scalar(kind, text string) (any, error) {
	switch kind {
	case "text":
		return source.Text(text), nil
	case "raw", "rawtext":
		data, err := base64.StdEncoding.DecodeString(text)
		if kind == "raw" {
			return string(data), err
		}
		return source.Text(data), err
	case "time":
		return time.Parse(time.RFC3339Nano, text)
	case "int":
		return strconv.ParseInt(text, 10, 64)
	case "uint":
		return strconv.ParseUint(text, 10, 64)
	case "float":
		return strconv.ParseFloat(text, 64)
	}
	return nil, errContent
}
