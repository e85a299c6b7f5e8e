package fakenacos

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

const (
	maxTenant, maxDataID, maxGroup = 64, 256, 128
	maxContent                     = 10 << 20
)

// checkKey is the filter before all handlers. Empty fields pass it.
func checkKey(k Key) string {
	if p := checkName("namespaceId/tenant", k.Namespace, maxTenant, ""); p != "" {
		return p
	}
	if p := checkName("dataId", k.DataID, maxDataID, ".:"); p != "" {
		return p
	}
	return checkName("group", k.Group, maxGroup, ".:")
}

func checkName(what, name string, limit int, extra string) string {
	if len(name) > limit {
		return "Param '" + what + "' is illegal, the param length should not exceed " + strconv.Itoa(limit) + "."
	}
	if !nameOf(name, extra) {
		return "Param '" + what + "' is illegal, illegal characters should not appear in the param."
	}
	return ""
}

func nameOf(s, extra string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
		if !letter && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return true
}

// orNull returns the text of the server for a parameter that may be missing.
func orNull(p *loose) string {
	if p == nil {
		return "null"
	}
	return string(*p)
}

// checkParams is the handlers' own check for missing parameters.
func checkParams(dataID, group *loose) string {
	if blank(str(dataID)) || !nameOf(str(dataID), ".:") {
		return "invalid dataId : " + orNull(dataID)
	}
	if blank(str(group)) || !nameOf(str(group), ".:") {
		return "invalid group : " + orNull(group)
	}
	return ""
}

func checkContent(content *loose) string {
	if blank(str(content)) {
		return "content is blank : " + orNull(content)
	}
	if len(*content) > maxContent {
		return "invalid content, over " + strconv.Itoa(maxContent)
	}
	return ""
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// chars is the length of a string in Java.
func chars(s string) int { return len(utf16.Encode([]rune(s))) }

// checkAdvance checks the optional parameters of a publish.
func checkAdvance(get func(string) string) string {
	if tags := get("config_tags"); tags != "" {
		parts := strings.Split(strings.TrimRight(tags, ","), ",")
		if len(parts) > 5 {
			return "too much config_tags, over 5"
		}
		for _, t := range parts {
			if chars(t) > 64 {
				return "too long tag, over 64"
			}
		}
	}
	for _, l := range []struct {
		name  string
		limit int
	}{{"desc", 128}, {"use", 32}, {"effect", 32}, {"type", 32}, {"schema", 32768}} {
		if chars(get(l.name)) > l.limit {
			return "too long " + l.name + ", over " + strconv.Itoa(l.limit)
		}
	}
	return ""
}
