package cli_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

var (
	listedCommand = regexp.MustCompile(`(?m)^  ([a-z]+) +[A-Z]`)
	longFlag      = regexp.MustCompile(`--([a-z][a-z-]+)`)
	exampleLine   = regexp.MustCompile(`(?m)^  (?:.*\| )?nacre (.*)$`)
)

// commands returns all commands, with those below them, as their help lists them.
func commands(t *testing.T) []string {
	t.Helper()
	all := []string{""}
	for i := 0; i < len(all); i++ {
		_, out, _ := run(t, append(strings.Fields(all[i]), "--help")...)
		_, below, _ := strings.Cut(out, "\nUsage:") // the commands are after it
		for _, m := range listedCommand.FindAllStringSubmatch(below, -1) {
			if m[1] != "help" && m[1] != "completion" { // they are cobra's
				all = append(all, strings.TrimSpace(all[i]+" "+m[1]))
			}
		}
	}
	if len(all) < 15 {
		t.Fatalf("the help lists only %q", all)
	}
	return all
}

// Each help text fits a terminal, says what the command does, and its examples use flags that it
// has.
func TestHelp(t *testing.T) {
	t.Parallel()
	for _, command := range commands(t) {
		code, out, errs := run(t, append(strings.Fields(command), "--help")...)
		if code != 0 || errs != "" {
			t.Errorf("nacre %s --help: code %d, %q on stderr", command, code, errs)
		}
		text, flags, _ := strings.Cut(out, "\nFlags:")
		prose, _, _ := strings.Cut(text, "\nUsage:")
		for line := range strings.Lines(prose) {
			if utf8.RuneCountInString(line) > 101 {
				t.Errorf("nacre %s --help has a line of more than 100 columns: %s", command, line)
			}
		}
		for _, example := range exampleLine.FindAllStringSubmatch(text, -1) {
			words, _, _ := strings.Cut(example[1], "|")
			words, _, _ = strings.Cut(words, `"`)
			words, _, _ = strings.Cut(words, "&&") // the next command
			if command == "" || strings.Contains(example[1], "[") {
				continue
			}
			if !strings.HasPrefix(words, command) {
				continue // of another command
			}
			for _, flag := range longFlag.FindAllStringSubmatch(words, -1) {
				if !strings.Contains(flags, "--"+flag[1]) {
					t.Errorf("an example of nacre %s uses --%s, which it does not have", command, flag[1])
				}
			}
		}
		for line := range strings.Lines(flags) {
			if strings.Count(line, "(default") > 1 {
				t.Errorf("nacre %s --help has a flag with two defaults: %s", command, line)
			}
		}
		if strings.Contains(out, "TODO") || command != "" && len(strings.SplitN(text, "\n", 2)[0]) < 15 {
			t.Errorf("nacre %s --help says little:\n%s", command, text)
		}
	}
}

// A value that a flag cannot have ends with 2, and with what it must be in plain words.
func TestValuesOfFlags(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"apply p --steps 1,x":       `invalid argument "1,x" for "--steps" flag: write percentages above 0 and up to 100, as in 1,10,50,100; run`,
		"apply p --steps 0,100":     `as in 1,10,50,100; run`,
		"apply p --max-refused x":   `invalid argument "x" for "--max-refused" flag: write a number; run`,
		"apply p --min-instances x": `for "--min-instances" flag: write a whole number that is not too large; run`,
		"apply p --bake 5":          `invalid argument "5" for "--bake" flag: write a duration such as 30s or 5m; run`,
		"apply p --wait=x":          `for "--wait" flag: write true or false; run`,
		"apply p --nonsense":        `unknown flag: --nonsense; run`,
	} {
		if code, _, errs := run(t, strings.Fields(args)...); code != 2 || !strings.Contains(errs, want) || strings.Contains(errs, "strconv") {
			t.Errorf("nacre %s: code %d, %s; want 2 and %q", args, code, errs, want)
		}
	}
	for _, command := range []string{"apply", "rollback", "once retry"} {
		if _, out, _ := run(t, append(strings.Fields(command), "--help")...); !strings.Contains(out, "-r, --reason string") || strings.Contains(out, "a protected context requires it") {
			t.Errorf("nacre %s requires a reason, and its help says:\n%s", command, out)
		}
	}
}

// The page about the command describes each command and each of its flags.
func TestThePageAboutTheCommand(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../../docs/cli.md")
	if os.IsNotExist(err) {
		t.Skip("the module is not in its repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Join(strings.Fields(string(page)), " ") // a command may be wrapped
	for _, command := range commands(t) {
		if !strings.Contains(words, "nacre "+command) {
			t.Errorf("docs/cli.md does not mention nacre %s", command)
		}
		_, out, _ := run(t, append(strings.Fields(command), "--help")...)
		_, flags, _ := strings.Cut(out, "\nFlags:")
		for _, flag := range longFlag.FindAllStringSubmatch(flags, -1) {
			if !strings.Contains(string(page), "--"+flag[1]) && flag[1] != "help" {
				t.Errorf("docs/cli.md does not mention --%s of nacre %s", flag[1], command)
			}
		}
	}
}
