package prometheustest

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
)

// series is one series with its value.
type series struct {
	labels map[string]string
	value  float64
}

var matcher = regexp.MustCompile(`^\s*,?\s*(\w+)(=~|!~|!=|=)("(?:[^"\\]|\\.)*")`)

// parse reads lines such as up{job="orders"} 1. It panics on others.
func parse(text string) (all []series) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(line, "{")
		inside, value, _ := strings.Cut(rest, "} ")
		one := series{labels: map[string]string{"__name__": name}}
		matchers, err := matchersOf(inside)
		if err == nil {
			one.value, err = strconv.ParseFloat(value, 64)
		}
		if err != nil {
			panic(fmt.Sprintf("%q: %v", line, err))
		}
		for _, m := range matchers {
			one.labels[m.label] = m.value
		}
		all = append(all, one)
	}
	return all
}

type matching struct{ label, operator, value string }

func matchersOf(text string) (all []matching, err error) {
	for strings.Trim(text, " ,") != "" {
		m := matcher.FindStringSubmatch(text)
		if m == nil {
			return nil, errors.New("parse error: unexpected " + text)
		}
		value, err := strconv.Unquote(m[3])
		if err != nil {
			return nil, err
		}
		all, text = append(all, matching{m[1], m[2], value}), text[len(m[0]):]
	}
	return all, nil
}

// matches reports whether the selector of an expression selects a series.
func (s series) matches(expression string) (bool, error) {
	_, rest, _ := strings.Cut(expression, "{")
	end := strings.LastIndex(rest, "}")
	if end < 0 {
		return false, errors.New("parse error: no selector")
	}
	matchers, err := matchersOf(rest[:end])
	if err != nil {
		return false, err
	}
	for _, m := range matchers {
		equal := s.labels[m.label] == m.value
		if strings.HasSuffix(m.operator, "~") {
			pattern, err := regexp.Compile("^(?:" + m.value + ")$")
			if err != nil {
				return false, err
			}
			equal = pattern.MatchString(s.labels[m.label])
		}
		if equal == strings.HasPrefix(m.operator, "!") {
			return false, nil
		}
	}
	return !strings.HasSuffix(expression, "> 0") || s.value > 0, nil
}

func without(labels map[string]string, name string) map[string]string {
	labels = maps.Clone(labels)
	delete(labels, name)
	return labels
}

func format(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }
