package nacre_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
)

type checkedConfig struct {
	DB struct {
		Host     string `config:"host" validate:"required"`
		Pool     int    `config:"pool" default:"10" validate:"min=1,max=500"`
		Password string `config:"password" validate:"required"`
	} `config:"db"`
}

// TestCheckMainProgram is the program of TestCheckMain.
func TestCheckMainProgram(t *testing.T) {
	args, ok := os.LookupEnv("NACRE_TEST_CHECK_ARGS")
	if !ok {
		t.Skip("it is run by TestCheckMain")
	}
	os.Args = append([]string{"orders-check"}, strings.Fields(args)...)
	nacre.CheckMain[checkedConfig](nacre.Options{})
}

func checkMain(t *testing.T, stdin, args string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCheckMainProgram$")
	cmd.Env = append(os.Environ(), "NACRE_TEST_CHECK_ARGS="+args)
	var out, err bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &err
	if e := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(e)
	}
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

func TestCheckMain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	base := write("base.yaml", "db:\n  host: a\n")
	prod := write("prod.yaml", "db:\n  pool: 20\n  password: canary\n")
	bad := write("bad.yaml", "db:\n  pool: 900\n  pol: 1\n  password: canary\n")
	broken := write("broken.yaml", "db: {\n")

	tests := map[string]struct {
		args string
		code int
		out  []string
		err  string
	}{
		"valid":              {base + " " + prod, 0, nil, ""},
		"all problems":       {base + " " + bad, 5, []string{"bad.yaml:2:9 db.pool: must be at most 500", "bad.yaml:3:3 db.pol: unknown key, did you mean db.pool?"}, ""},
		"a key from the env": {"-missing-ok db.pass* " + base, 0, nil, ""},
		"a missing key":      {base, 5, []string{"db.password"}, ""},
		"malformed":          {base + " " + broken, 5, []string{"broken.yaml:"}, ""},
		"no file":            {"", 2, nil, "no file is given"},
		"an absent file":     {filepath.Join(dir, "absent.yaml"), 2, nil, "absent.yaml"},
		"an unknown flag":    {"-x", 2, nil, "Usage"},
		"an unknown form":    {"-o xml " + base, 2, nil, "text or json"},
		"help":               {"-h", 0, nil, "the lowest first"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err, code := checkMain(t, "", tt.args)
			if code != tt.code {
				t.Errorf("exit code %d, want %d\n%s%s", code, tt.code, out, err)
			}
			for _, want := range tt.out {
				if !strings.Contains(out, want) {
					t.Errorf("the output has no %q:\n%s", want, out)
				}
			}
			if tt.out == nil && out != "" || !strings.Contains(err, tt.err) {
				t.Errorf("output %q, error %q; want error %q", out, err, tt.err)
			}
			if strings.Contains(out+err, "canary") {
				t.Errorf("a value is printed:\n%s%s", out, err)
			}
		})
	}
}

func TestCheckMainOfSeveralEnvironments(t *testing.T) {
	t.Parallel()
	layer := func(name, content string, shared bool) map[string]any {
		return map[string]any{"document": name, "content": []byte(content), "shared": shared}
	}
	request, err := json.Marshal(map[string]any{"schema_version": 1, "missing_ok": []string{"db.password"}, "checks": []any{
		map[string]any{"name": "prod", "layers": []any{layer("base.yaml", "db: {host: a, password: canary}", false), layer("shared.yaml", "other: 1", true)}},
		map[string]any{"name": "test", "layers": []any{layer("base.yaml", "db: {host: [a]}\nother: 1", false)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	out, stderr, code := checkMain(t, string(request), "-stdin")
	if code != 5 || stderr != "" {
		t.Fatalf("exit code %d, want 5; %s", code, stderr)
	}
	var report struct {
		SchemaVersion int `json:"schema_version"`
		Checks        []struct {
			Name     string `json:"name"`
			Problems []struct {
				Severity, Kind, Document, Key string
				Line                          int
			} `json:"problems"`
		} `json:"checks"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range report.Checks {
		for _, p := range c.Problems {
			lines = append(lines, strings.Join([]string{c.Name, p.Severity, p.Kind, p.Document, p.Key}, "|"))
		}
	}
	got, want := strings.Join(lines, "\n"), "prod|warning|unknown key|shared.yaml|other\ntest|error|wrong type|base.yaml|db.host\ntest|error|unknown key|base.yaml|other"
	if got != want {
		t.Errorf("problems:\n%s\nwant:\n%s", got, want)
	}

	for _, bad := range []string{"", "{", `{"schema_version": 2}`, `{"schema_version": 1, "new": true}`} {
		if _, stderr, code := checkMain(t, bad, "-stdin"); code != 2 || stderr == "" {
			t.Errorf("the request %q: exit code %d, error %q; want code 2 and an error", bad, code, stderr)
		}
	}
}
