package nacos

import (
	"fmt"
	"strings"
)

// defaultGroup is the group of a config that names none.
const defaultGroup = "DEFAULT_GROUP"

// Key identifies a config. The namespace of the public one is "".
type Key struct {
	Namespace, Group, DataID string
}

// publicNamespace is the name of the namespace "".
const publicNamespace = "public"

// String returns "public/DEFAULT_GROUP/orders.yaml".
func (k Key) String() string {
	ns := k.Namespace
	if ns == "" {
		ns = publicNamespace
	}
	return ns + "/" + k.Group + "/" + k.DataID
}

// The limits of names. A server counts characters; valid names are ASCII.
const (
	maxDataID    = 256
	maxGroup     = 128
	maxNamespace = 128
)

func (k Key) problems() []string {
	var all []string
	if k.DataID == "" {
		all = append(all, "data ID is empty")
	}
	if k.Group == "" {
		all = append(all, "group is empty")
	}
	all = append(all, nameProblems("data ID", k.DataID, maxDataID)...)
	return append(all, nameProblems("group", k.Group, maxGroup)...)
}

func nameProblems(what, name string, limit int) []string {
	var all []string
	if i := strings.IndexFunc(name, illegal); i >= 0 {
		all = append(all, fmt.Sprintf("%s has an illegal character at byte %d", what, i))
	}
	if len(name) > limit {
		all = append(all, fmt.Sprintf("%s has %d characters, the limit is %d", what, len(name), limit))
	}
	return all
}

func illegal(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_.:", r):
		return false
	}
	return true
}
