package cli_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// Each command that reads says by its exit code whether what it was asked about exists and can be
// reached, as the table of exit codes in docs/cli.md has it; and names it if not.
func TestCodesOfReading(t *testing.T) {
	t.Parallel()
	srv := start(t)
	for _, dataID := range []string{"orders.yaml", "gone.yaml", "orders.routes.yaml"} {
		if err := srv.Put("", "DEFAULT_GROUP", dataID, "a: 1"); err != nil {
			t.Fatal(err)
		}
	}
	srv.Delete("", "DEFAULT_GROUP", "gone.yaml")
	absent, empty := filepath.Join(t.TempDir(), "absent.yaml"), t.TempDir()
	down := "127.0.0.1:1"
	for _, test := range []struct {
		args string
		code int
		errs string // a part of stderr
	}{
		// A config that does not exist, and one that does.
		{"get orders.yaml", 0, ""},
		{"get none.yaml", 9, "none.yaml"},
		{"get gone.yaml", 9, "gone.yaml"},
		{"history orders.yaml", 0, ""},
		{"history gone.yaml", 0, ""}, // a deleted config has a history
		{"history none.yaml", 9, "config public/DEFAULT_GROUP/none.yaml does not exist, and the server has no change of it"},
		{"history none.yaml -o json", 9, "none.yaml"},
		{"show orders.yaml 999", 9, "revision 999 of orders.yaml does not exist"},
		{"show none.yaml 1", 9, "revision 1 of none.yaml does not exist"},
		{"diff none.yaml other.yaml", 9, "neither none.yaml nor other.yaml exists"},
		{"diff none.yaml orders.yaml", 1, ""},
		{"diff orders.yaml@999 orders.yaml", 9, "revision 999 of orders.yaml does not exist"},
		{"diff none.yaml --to-group other", 9, "no config matches on either side"},
		{"who orders.yaml", 0, "no client listens to public/DEFAULT_GROUP/orders.yaml"},
		{"who none.yaml", 9, "config public/DEFAULT_GROUP/none.yaml does not exist, and no client listens to it"},
		{"rollout status none.yaml --watch=false", 9, "none.yaml"},
		{"rollout status orders.yaml --watch=false", 7, "found 0 instances"},
		{"once status none.yaml", 9, "record public/DEFAULT_GROUP/none.yaml does not exist"},
		{"once status orders.yaml", 5, "config public/DEFAULT_GROUP/orders.yaml is not a record of a hook"},
		{"route explain none.yaml", 9, "none.yaml"},
		{"export " + filepath.Join(empty, "new") + " none*", 9, "no config matches"},
		{"ls none*", 0, "no config of group DEFAULT_GROUP of namespace public matches"}, // a list may be empty

		// A namespace that does not exist.
		{"get orders.yaml -n nope", 9, "no namespace has this id"},
		{"history orders.yaml -n nope", 9, "no namespace has this id"},
		{"who orders.yaml -n nope", 9, "no namespace has this id"},
		{"ls -n nope", 9, "namespace nope does not exist"},
		{"export " + filepath.Join(empty, "new") + " -n nope", 9, "namespace nope does not exist"},
		{"watch --all -n nope", 9, "namespace nope does not exist"},
		{"diff orders.yaml none.yaml -n nope", 9, "no namespace has this id"},
		{"diff orders.yaml --to-namespace nope", 9, "no namespace has this id"},
		{"diff --to-namespace nope", 9, "namespace nope does not exist"},
		{"once status orders.yaml -n nope", 9, "no namespace has this id"},

		// An instance that cannot be reached.
		{"who orders.yaml --instance " + down, 3, "instance " + down},
		{"who orders.yaml --instance " + down + ",127.0.0.1:2", 3, "2 of 2 instances cannot be asked: " + down + ", 127.0.0.1:2"},
		{"who none.yaml --instance " + down, 3, "instance " + down},
		{"who orders.yaml --instance " + srv.Addr(), 9, "instance " + srv.Addr() + ": status 404"},
		{"explain --instance " + down, 3, "instance " + down},
		{"rollout status orders.yaml --watch=false --instance " + down, 7, "1 of 1 instance has not acted"},
		{"instance pin 1 --reason x --instance " + down, 3, down},

		// A file where a config is wanted.
		{"get ./orders.yaml", 2, "./orders.yaml is the path of a file, and a config is wanted"},
		{"history /orders.yaml", 2, "/orders.yaml is the path of a file"},
		{"who ../orders.yaml", 2, "../orders.yaml is the path of a file"},
		{"watch ./orders.yaml", 2, "./orders.yaml is the path of a file"},
		{"rollout status ./orders.yaml", 2, "./orders.yaml is the path of a file"},
		{"once status ./orders.yaml", 2, "./orders.yaml is the path of a file"},
		{"get G/", 2, "has an empty part"},
		{"get a//b", 2, "has an empty part"},
		{"get a/b/c/d", 2, "has more parts than NAMESPACE/GROUP/DATA-ID"},

		// A file that cannot be read.
		{"diff orders.yaml " + absent, 2, absent},
		{"diff " + absent, 2, absent},
		{"check --schema " + absent + " " + absent, 2, absent},
		{"impact " + absent, 2, absent},
		{"route check " + absent, 2, absent},
		{"route diff " + absent + " " + absent + " --instances " + absent, 2, absent},
		{"import " + absent, 2, absent},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			code, out, errs := run(t, append(strings.Fields(test.args), "--server", srv.Addr())...)
			if code != test.code || !strings.Contains(errs, test.errs) {
				t.Errorf("nacre %s ends with %d, documented as %d:\n%s%s", test.args, code, test.code, out, errs)
			}
		})
	}
	srv2 := start(t)
	srv2.Stop()
	for _, args := range []string{
		"get a.yaml", "ls", "history a.yaml", "show a.yaml 1", "diff a.yaml b.yaml", "diff a.yaml --to-group b", "watch a.yaml", "watch --all", "who a.yaml",
		"rollout status a.yaml", "once status a.yaml", "route explain a.routes.yaml", "export " + filepath.Join(empty, "new"), "doctor",
	} {
		t.Run("down: "+args, func(t *testing.T) {
			t.Parallel()
			if code, out, errs := run(t, append(strings.Fields(args), "--server", srv2.Addr())...); code != 3 || !strings.Contains(errs+out, srv2.Addr()) {
				t.Errorf("nacre %s ends with %d for a server that is down, documented as 3:\n%s%s", args, code, out, errs)
			}
		})
	}
}

// A flag that says what a command acts on is never ignored since the variable in it is not set.
func TestEmptyFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"get", "a.yaml", "--server", ""},
		{"get", "a.yaml", "--context", ""},
		{"who", "a.yaml", "--server", "127.0.0.1:1", "--instance", ""},
		{"explain", "--instance", ""},
		{"rollout", "status", "a.yaml", "--server", "127.0.0.1:1", "--instance="},
		{"diff", "a.yaml", "--server", "127.0.0.1:1", "--to-context", ""},
		{"check", "--environment", ""},
	} {
		if code, out, errs := run(t, args...); code != 2 || out != "" || !strings.Contains(errs, "is empty, as a variable is that is not set") {
			t.Errorf("nacre %q ends with %d, documented as 2: %s", args, code, errs)
		}
	}
}
