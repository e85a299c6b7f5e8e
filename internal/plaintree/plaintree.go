package plaintree

import (
	"fmt"
	"io/fs"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/nacre-go/nacre/source"
)

// MaxDepth is the depth that a tree may have, so that none exhausts the stack.
const MaxDepth = 1000

// Copy returns a tree that a source.Document may have, and that shares no memory with the one
// given. Maps of any type become map[string]any, slices and arrays []any, pointers what they point
// to, and numbers int64, uint64 or float64. A time.Duration, the permissions of an fs.FileMode and
// a []byte become text.
//
// The error names the path and the Go type of a value that a tree cannot hold, a key that occurs
// twice (1 and "1"), or a tree deeper than MaxDepth, never a value.
func Copy(tree map[string]any) (map[string]any, error) {
	c, err := copyTree("", reflect.ValueOf(tree), 0)
	if err != nil {
		return nil, err
	}
	return c.(map[string]any), nil
}

func copyTree(at string, v reflect.Value, depth int) (any, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("nested deeper than %d", MaxDepth)
	}
	if !v.IsValid() {
		return nil, nil
	}
	switch value := v.Interface().(type) {
	case source.Text, time.Time:
		return value, nil
	case time.Duration:
		return value.String(), nil
	case fs.FileMode:
		if value == value.Perm() {
			return fmt.Sprintf("%#o", uint32(value)), nil
		}
	case []byte:
		return string(value), nil
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), nil
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return v.Uint(), nil
	case reflect.Float32, reflect.Float64:
		return v.Float(), nil
	case reflect.Interface:
		return copyTree(at, v.Elem(), depth) // not a level of the tree
	case reflect.Pointer:
		return copyTree(at, v.Elem(), depth+1) // may point to itself
	case reflect.Slice, reflect.Array:
		l := make([]any, v.Len())
		for i := range l {
			c, err := copyTree(at+"["+strconv.Itoa(i)+"]", v.Index(i), depth+1)
			if err != nil {
				return nil, err
			}
			l[i] = c
		}
		return l, nil
	case reflect.Map:
		return copyMap(at, v, depth)
	}
	return nil, fmt.Errorf("%s: a %s has no place in a tree", at, v.Type())
}

func copyMap(at string, v reflect.Value, depth int) (any, error) {
	m := make(map[string]any, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		key, ok := keyText(iter.Key())
		if !ok {
			return nil, fmt.Errorf("%s: a %s has no place in a tree", at, v.Type())
		}
		path := key
		if key == "" || strings.ContainsAny(key, ".\"[] \t\r\n") {
			path = strconv.Quote(key)
		}
		if at != "" {
			path = at + "." + path
		}
		if _, twice := m[key]; twice {
			return nil, fmt.Errorf("%s: the key occurs twice", path)
		}
		c, err := copyTree(path, iter.Value(), depth+1)
		if err != nil {
			return nil, err
		}
		m[key] = c
	}
	return m, nil
}

// keyText returns a map's key as text; YAML has keys that are numbers and booleans.
func keyText(k reflect.Value) (string, bool) {
	if k.Kind() == reflect.Interface {
		k = k.Elem()
	}
	switch {
	case k.Kind() == reflect.String:
		return k.String(), true
	case k.Kind() == reflect.Bool:
		return strconv.FormatBool(k.Bool()), true
	case k.CanInt():
		return strconv.FormatInt(k.Int(), 10), true
	case k.CanUint():
		return strconv.FormatUint(k.Uint(), 10), true
	case k.CanFloat():
		return strconv.FormatFloat(k.Float(), 'g', -1, 64), true
	}
	return "", false
}
