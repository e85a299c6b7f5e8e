package main

import (
	"fmt"
	"strconv"
	"strings"
)

// The sizes that a content may have, in bytes.
const (
	minSize = 32
	maxSize = 1 << 20
)

// dataID names config i of a try.
func dataID(prefix string, i int) string { return fmt.Sprintf("%s-%05d.yaml", prefix, i) }

// content is version v of config i: one key of its own, so that a nacre.Open can merge them all,
// and a comment that makes all contents equally long.
func content(i, v, size int) string {
	text := fmt.Sprintf("v:\n  k%05d: %d\n# ", i, v)
	return text + strings.Repeat("x", max(0, size-len(text)-1)) + "\n"
}

// versionOf is the version that a content is.
func versionOf(text string) (int, bool) {
	_, rest, ok := strings.Cut(text, ": ")
	if !ok {
		return 0, false
	}
	number, _, _ := strings.Cut(rest, "\n")
	v, err := strconv.Atoi(number)
	return v, err == nil
}

// indexOf is the config whose key it is.
func indexOf(key string) (int, bool) {
	number, ok := strings.CutPrefix(key, "k")
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(number)
	return i, err == nil
}
