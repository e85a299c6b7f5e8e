package apicheck

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// LimitFile is the file of a record that holds how many names the module may export in all.
const LimitFile = "limit.txt"

// ReadLimit reads the limit of the record in dir.
func ReadLimit(dir string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dir, LimitFile))
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%s must hold one positive number", LimitFile)
	}
	return n, nil
}

// Count returns how many names there are in all.
func Count(names map[string][]string) int {
	n := 0
	for _, lines := range names {
		n += len(lines)
	}
	return n
}
