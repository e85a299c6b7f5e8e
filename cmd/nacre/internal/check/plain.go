package check

import (
	"fmt"
	"time"

	"github.com/nacre-go/nacre/source"
)

// plain turns a tree into what a JSON document has.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, child := range v {
			m[k] = plain(child)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, child := range v {
			list[i] = plain(child)
		}
		return list
	case source.Text:
		return string(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case nil, bool, string, int, int64, uint64, float64:
		return v
	}
	return fmt.Sprint(v)
}
