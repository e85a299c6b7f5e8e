package memory

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/nacre-go/nacre/source"
)

// maxDepth ends the copy of a tree that contains itself.
const maxDepth = 1000

// copyTree returns a tree of the types that source.Document.Tree allows, sharing nothing with the one given.
func copyTree(tree map[string]any) (map[string]any, error) {
	m := make(map[string]any, len(tree))
	for k, v := range tree {
		c, err := copyValue(strconv.Quote(k), v, 1)
		if err != nil {
			return nil, err
		}
		m[k] = c
	}
	return m, nil
}

func copyValue(at string, v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case nil, source.Text, time.Time:
		return v, nil
	case time.Duration:
		return v.String(), nil
	case []byte:
		return string(v), nil
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.String:
		return rv.String(), nil
	case reflect.Bool:
		return rv.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return rv.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return rv.Uint(), nil
	case reflect.Float32, reflect.Float64:
		return rv.Float(), nil
	case reflect.Map:
		if rv.Type().Key().Kind() != reflect.String {
			break
		}
		m := make(map[string]any, rv.Len())
		for iter := rv.MapRange(); iter.Next(); {
			k := iter.Key().String()
			c, err := copyValue(at+"."+strconv.Quote(k), iter.Value().Interface(), depth+1)
			if err != nil {
				return nil, err
			}
			m[k] = c
		}
		return m, nil
	case reflect.Slice, reflect.Array:
		l := make([]any, rv.Len())
		for i := range l {
			c, err := copyValue(at+"["+strconv.Itoa(i)+"]", rv.Index(i).Interface(), depth+1)
			if err != nil {
				return nil, err
			}
			l[i] = c
		}
		return l, nil
	}
	return nil, fmt.Errorf("%s: a %T has no place in a tree", at, v)
}
