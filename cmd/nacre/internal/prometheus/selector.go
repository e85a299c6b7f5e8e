package prometheus

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Selector returns the expression of the series that have one of the names and match a selector
// such as job="orders", with or without braces. For each label of with, they have that value or no
// such label; an empty value restricts nothing.
func Selector(selector string, names []string, with map[string]string) string {
	selector = strings.TrimSpace(selector)
	if inner, ok := strings.CutPrefix(selector, "{"); ok {
		selector = strings.TrimSuffix(inner, "}")
	}
	parts := []string{"__name__=~" + strconv.Quote(strings.Join(names, "|"))}
	for _, label := range slices.Sorted(maps.Keys(with)) {
		if value := with[label]; value != "" {
			parts = append(parts, label+"=~"+strconv.Quote(regexp.QuoteMeta(value)+"|"))
		}
	}
	if selector = strings.Trim(selector, " \t,"); selector != "" {
		parts = append(parts, selector)
	}
	return "{" + strings.Join(parts, ",") + "}"
}
