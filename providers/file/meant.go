package file

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	// variable matches what a shell replaces by a value.
	variable = regexp.MustCompile(`\$[A-Za-z_({]`)
	// percent matches the same on Windows.
	percent = regexp.MustCompile(`%[A-Za-z_][A-Za-z0-9_()]*%`)
	// pattern matches what a shell replaces by names of files, and the placeholder of a template.
	pattern = regexp.MustCompile(`[*?]|\[.+]|\{.+}`)
	scheme  = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]+):/`)
)

// unmeant returns the error of a path that does not exist and is surely a mistake, such as
// "~/app.yaml": as an absent file, it would let a service run with defaults. It returns nil for any
// other path, and errMoved if something exists there now. A path that exists is never a mistake; in
// a pattern, neither are the folders that exist.
func (e *entry) unmeant() error {
	if mistake, _ := e.mistake(e.name); mistake == "" {
		return nil
	}
	missing := missingPart(e.path)
	if missing == "" {
		if isLink(os.Lstat(e.path)) {
			return nil // a link without a target
		}
		return errMoved
	}
	if mistake, fix := e.mistake(missing); mistake != "" {
		return invalidArgument(e.name, mistake, fix)
	}
	return nil
}

// mistake returns what is wrong with a path of which a part is missing, and what to write instead;
// nothing if the path may be right.
func (e *entry) mistake(missing string) (mistake, fix string) {
	if name := strings.TrimSpace(e.name); name != e.name {
		return "the path begins or ends with white space", "remove the white space"
	}
	if n := len(e.name); n > 1 && e.name[0] == e.name[n-1] && strings.ContainsRune("\"'`", rune(e.name[0])) {
		return "the path is in quotation marks", "remove the quotation marks"
	}
	if m := scheme.FindStringSubmatch(e.name); m != nil {
		switch {
		case strings.EqualFold(m[1], "file"):
			return "the path is a URL", "give the path without " + m[1] + "://"
		case strings.HasPrefix(e.name[len(m[0]):], "/"):
			return "the path is a URL", "package file reads files of this machine; source.Poll makes a source of a function that fetches"
		}
	}
	if tilde(e.name) {
		return `nacre does not expand "~"`, "use filepath.Join with what os.UserHomeDir or os.UserConfigDir returns"
	}
	if variable.MatchString(e.name) {
		return `nacre does not expand "$"`, "use os.ExpandEnv, and check that the variable is set"
	}
	if percent.MatchString(e.name) {
		return `nacre does not expand "%"`, "use os.Getenv, and check that the variable is set"
	}
	if pattern.MatchString(missing) {
		return "nacre does not expand a pattern", "use file.Dir or file.WithDir for all files of a folder, and file.WithFile for each further file"
	}
	return "", ""
}

// tilde reports whether a path begins with a home folder, or contains a folder "~", which is the
// result of joining a home folder to another one.
func tilde(name string) bool {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '\\' })
	return slices.Contains(parts, "~") || strings.HasPrefix(name, "~") && strings.ContainsAny(name, `/\`)
}

// missingPart returns the part of a path that does not exist.
func missingPart(path string) string {
	rest := ""
	for {
		if _, err := os.Lstat(path); err == nil {
			return rest
		}
		parent := filepath.Dir(path)
		if parent == path {
			return rest // the name of a volume may look like a pattern: \\?\C:\
		}
		rest = filepath.Join(filepath.Base(path), rest)
		path = parent
	}
}
