package terminal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/nacre-go/nacre/cmd/nacre/internal/terminal"
)

func TestColored(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode string
		env  map[string]string
		want bool
	}{
		{"auto", nil, false}, // a pipe
		{"auto", map[string]string{"CLICOLOR_FORCE": "1"}, true},
		{"auto", map[string]string{"CLICOLOR_FORCE": "0"}, false},
		{"auto", map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, false},
		{"always", map[string]string{"NO_COLOR": "1"}, true},
		{"never", map[string]string{"CLICOLOR_FORCE": "1"}, false},
	} {
		got, err := terminal.Colored(&bytes.Buffer{}, c.mode, func(name string) string { return c.env[name] })
		if err != nil || got != c.want {
			t.Errorf("--color=%s with %v: colored %v (error %v), want %v", c.mode, c.env, got, err, c.want)
		}
	}
	if _, err := terminal.Colored(&bytes.Buffer{}, "sometimes", os.Getenv); err == nil {
		t.Error("an unknown mode is accepted")
	}
}

func TestIs(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if terminal.Is(f) || terminal.Is(&bytes.Buffer{}) {
		t.Error("a file or a buffer is taken for a terminal")
	}
}

func TestPaint(t *testing.T) {
	t.Parallel()
	if got := terminal.Paint(true).Red("x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("red is %q", got)
	}
	if got := terminal.Paint(false).Green("x"); got != "x" {
		t.Errorf("without color, green is %q", got)
	}
}
