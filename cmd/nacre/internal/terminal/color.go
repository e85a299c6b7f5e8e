package terminal

import (
	"fmt"
	"io"

	"golang.org/x/term"
)

// Modes lists the values of the flag --color.
func Modes() []string { return []string{"auto", "always", "never"} }

// Is reports whether a stream is a terminal.
func Is(w any) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// Colored reports whether to color what is written to w. The flag takes precedence over the
// environment, and NO_COLOR over CLICOLOR_FORCE.
func Colored(w io.Writer, mode string, get func(string) string) (bool, error) {
	switch mode {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
	default:
		return false, fmt.Errorf("color mode %q is unknown; use auto, always or never", mode)
	}
	switch force := get("CLICOLOR_FORCE"); {
	case get("NO_COLOR") != "":
		return false, nil
	case force != "" && force != "0":
		return true, nil
	}
	return get("TERM") != "dumb" && Is(w), nil
}

// Paint colors texts, or returns them as they are.
type Paint bool

// Red returns a text in red: removed, or failed.
func (p Paint) Red(text string) string { return p.in("31", text) }

// Green returns a text in green: added, or done.
func (p Paint) Green(text string) string { return p.in("32", text) }

// Yellow returns a text in yellow: changed, or a warning.
func (p Paint) Yellow(text string) string { return p.in("33", text) }

// Bold returns a text in bold.
func (p Paint) Bold(text string) string { return p.in("1", text) }

func (p Paint) in(code, text string) string {
	if !p || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
