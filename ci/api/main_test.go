package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/apicheck"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRun holds that the check fails on a removed function and on too many names, and passes an
// added function.
func TestRun(t *testing.T) {
	t.Parallel()
	dir, record := t.TempDir(), filepath.Join(t.TempDir(), "api")
	write(t, filepath.Join(dir, "go.mod"), "module example.com/mod\n\ngo 1.26.0\n")
	for _, step := range []struct {
		code   string
		limit  string
		update bool
		prints string
		err    string
	}{
		{code: "func F() {}\nfunc G() {}", limit: "2", update: true, prints: "2  in all, of at most 2"},
		{code: "func F() {}\nfunc G() {}", limit: "2", prints: "2  in all, of at most 2"},
		{code: "func F() {}", limit: "2", prints: "incompatible: .: func G() is gone or changed", err: "1 incompatible changes"},
		{code: "func F() {}\nfunc G() {}\nfunc H() {}", limit: "3", prints: "new: .: func H()"},
		{code: "func F() {}\nfunc G() {}\nfunc H() {}", limit: "2", err: "3 exported names, more than the limit of 2"},
		{code: "func F() {}", limit: "2", update: true, prints: "1  in all"},
		{code: "func F() {}", limit: "", err: apicheck.LimitFile + " must hold one positive number"},
	} {
		write(t, filepath.Join(dir, "a.go"), "package mod\n\n"+step.code+"\n")
		write(t, filepath.Join(record, apicheck.LimitFile), step.limit)
		var out bytes.Buffer
		err := run(t.Context(), &out, dir, record, step.update)
		switch {
		case step.err == "" && err != nil:
			t.Errorf("%q with limit %s fails: %v", step.code, step.limit, err)
		case step.err != "" && (err == nil || !strings.Contains(err.Error(), step.err)):
			t.Errorf("%q with limit %s gives the error %v, want %q", step.code, step.limit, err, step.err)
		}
		if !strings.Contains(out.String(), step.prints) {
			t.Errorf("%q prints\n%s\nwithout %q", step.code, &out, step.prints)
		}
	}
}
