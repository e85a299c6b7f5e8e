package apicheck

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// rootFile is the name of the root package's file in a record; the others are named after their
// paths.
const rootFile = "nacre"

// ReadRecord reads a record that [WriteRecord] wrote: the names of each package. A folder that does
// not exist is an empty record.
func ReadRecord(dir string) (map[string][]string, error) {
	names := map[string][]string{}
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && file == dir {
			return filepath.SkipAll
		}
		if err != nil || entry.IsDir() || filepath.Ext(file) != ".txt" || file == filepath.Join(dir, LimitFile) {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, strings.TrimSuffix(file, ".txt"))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		if pkg == rootFile {
			pkg = "."
		}
		names[pkg] = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		return nil
	})
	return names, err
}

// WriteRecord writes one file a package below dir, one name a line, and removes the files of
// packages that are gone.
func WriteRecord(dir string, names map[string][]string) error {
	old, err := ReadRecord(dir)
	if err != nil {
		return err
	}
	for pkg := range old {
		if len(names[pkg]) == 0 {
			if err := os.Remove(recordFile(dir, pkg)); err != nil {
				return err
			}
		}
	}
	for pkg, lines := range names {
		if len(lines) == 0 {
			continue
		}
		file := recordFile(dir, pkg)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func recordFile(dir, pkg string) string {
	if pkg == "." {
		pkg = rootFile
	}
	return filepath.Join(dir, filepath.FromSlash(pkg)+".txt")
}

// Changes is what differs between a record and the code, each as "package: name".
type Changes struct {
	// Incompatible are names that are gone or have another type or value, and methods that an
	// implementation of an interface lacks.
	Incompatible []string
	// Added are new names that break no caller.
	Added []string
}

// Compare returns what changed from the old names to the new ones, in order.
func Compare(before, after map[string][]string) Changes {
	var c Changes
	for pkg, lines := range before {
		for _, line := range lines {
			if !slices.Contains(after[pkg], line) {
				c.Incompatible = append(c.Incompatible, pkg+": "+line+" is gone or changed")
			}
		}
	}
	for pkg, lines := range after {
		for _, line := range lines {
			switch {
			case slices.Contains(before[pkg], line):
			case obliges(before[pkg], line):
				c.Incompatible = append(c.Incompatible, pkg+": "+line+" is new, and implementations lack it")
			default:
				c.Added = append(c.Added, pkg+": "+line)
			}
		}
	}
	slices.Sort(c.Incompatible)
	slices.Sort(c.Added)
	return c
}

// obliges reports whether a new line asks more of those who implement an interface that was there
// before.
func obliges(before []string, line string) bool {
	head, _, ok := strings.Cut(line, " interface, ")
	if !ok {
		return false
	}
	return slices.ContainsFunc(before, func(old string) bool {
		name, found := strings.CutSuffix(old, " interface")
		name, _, _ = strings.Cut(name, "[")
		return found && name == head
	})
}
