package route

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// match is the conditions of a rule. An empty one always holds.
type match struct {
	services, profiles values
	versions           []Pattern
	labels             map[string]values
	drawn              bool // percentage is a condition
	share              int  // the number of buckets that are in
	salt               string
}

// misses returns why an instance does not match, or "". An error says that the instance lacks what
// a percentage needs.
func (m *match) misses(in Instance) (string, error) {
	if !m.services.allows(in.Service) {
		return "service is " + shown(in.Service), nil
	}
	if !m.profiles.allows(in.Profile) {
		return "profile is " + shown(in.Profile), nil
	}
	if len(m.versions) > 0 && !slices.ContainsFunc(m.versions, func(p Pattern) bool { return p.Matches(in.Version) }) {
		return "version is " + shown(in.Version), nil
	}
	for _, name := range slices.Sorted(maps.Keys(m.labels)) {
		if !m.labels[name].allows(in.Labels[name]) {
			return name + " is " + shown(in.Labels[name]), nil
		}
	}
	if !m.drawn {
		return "", nil
	}
	if in.ID == "" {
		return "", errors.New("has a percentage, and the instance has no ID")
	}
	if b := Bucket(m.salt, in.ID); b >= m.share {
		return "not in the " + m.percentage(), nil
	}
	return "", nil
}

// maxShown is the number of bytes of a value in an error.
const maxShown = 64

// shown returns a value of an instance for an error.
func shown(value string) string {
	if value == "" {
		return "not set"
	}
	if len(value) > maxShown {
		value = value[:maxShown] + "…"
	}
	if strings.ContainsFunc(value, func(r rune) bool { return !strconv.IsPrint(r) || r == ' ' }) {
		return strconv.Quote(value)
	}
	return value
}

// conditions returns the conditions in words.
func (m *match) conditions() (all []string) {
	if len(m.services.list) > 0 {
		all = append(all, "service "+m.services.String())
	}
	if len(m.versions) > 0 {
		texts := make([]string, len(m.versions))
		for i, p := range m.versions {
			texts[i] = p.String()
		}
		all = append(all, "version "+strings.Join(texts, " or "))
	}
	if len(m.profiles.list) > 0 {
		all = append(all, "profile "+m.profiles.String())
	}
	for _, name := range slices.Sorted(maps.Keys(m.labels)) {
		all = append(all, name+" "+m.labels[name].String())
	}
	if m.drawn {
		all = append(all, m.percentage())
	}
	return all
}

// percentage returns "10 %" or "0.05 %".
func (m *match) percentage() string {
	return strconv.FormatFloat(float64(m.share)*100/buckets, 'f', -1, 64) + " %"
}

// covers reports whether m matches every instance that n matches. A rule with a percentage covers
// none without: also at 100 %, which is a step of a rollout, after which the share may fall again.
func (m *match) covers(n *match) bool {
	if !m.services.covers(n.services) || !m.profiles.covers(n.profiles) {
		return false
	}
	if len(m.versions) > 0 && (len(n.versions) == 0 || slices.ContainsFunc(n.versions, func(q Pattern) bool {
		return !slices.ContainsFunc(m.versions, func(p Pattern) bool { return p.Covers(q) })
	})) {
		return false
	}
	for name, values := range m.labels {
		if !values.covers(n.labels[name]) {
			return false
		}
	}
	if !m.drawn {
		return true
	}
	return n.drawn && m.salt == n.salt && n.share <= m.share
}

// share returns the number of buckets of a percentage.
func share(percentage float64) (int, error) {
	scaled := percentage * buckets / 100
	n := int(scaled + 0.5)
	switch {
	case !(percentage >= 0 && percentage <= 100):
		return 0, errors.New("must be from 0 to 100")
	case scaled-float64(n) > 1e-6 || float64(n)-scaled > 1e-6:
		return 0, fmt.Errorf("must have two digits after the point at most")
	}
	return n, nil
}
