package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/policy"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/routing"
	"github.com/nacre-go/nacre/cmd/nacre/internal/terminal"
)

func newPlan(a *app) *cobra.Command {
	var f asCode
	var out, commit string
	var detailed, prune bool
	cmd := &cobra.Command{
		Use:   "plan ENVIRONMENT",
		Short: "Print what a release of the repository would change",
		Long: `Print what a release of the repository would change on the server of an environment: the documents,
and in each the keys with their lines. Values are never printed. Nothing is published.

The folder has a file nacre.yaml, which names the environments and their documents. A file in
environments/ENVIRONMENT takes the place of the file with the same name in base. Documents are
published as they are, byte for byte.

With --out the plan is saved for nacre apply. It has the md5 of each document on the server and the
digest of each file, and no contents: apply reads the files again, and refuses the plan if a file or
the server has changed since.

A document that the repository no longer has stays on the server, and the plan says so. With
--prune the release deletes it at its end, if releases of the environment have published it and no
one else has since. A renamed document is created, and deleted under its old name.

A routing document (kind: routes in nacre.yaml) must be right, and each document that a rule
requires must be in the environment or on the server. The plan shows which rules change.

Documents that nacre.yaml gives a schema are checked by it first. So is what the server has now,
which a rollback would restore; the plan keeps the outcome. Rules of the environment's policy that
the plan breaks now are listed, and so is a rollback that is not valid; nacre apply refuses such a
plan.

The exit code is 0, and with --detailed-exitcode 1 if the plan has changes.`,
		Example: `  nacre plan prod
  nacre plan prod --out prod.plan && nacre apply prod.plan --reason "more connections"
  nacre plan prod --prune
  nacre plan prod -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.released(cmd, &f, args[0], nil, func(ctx context.Context, srv release.Server, t release.Target) error {
				if err := a.requireValid(ctx, &f, srv, t); err != nil {
					return err
				}
				tell, end := a.showProgress()
				p, err := release.NewPlan(ctx, srv, t, commit, release.Options{Prune: prune, Validate: a.restored(&f, srv, t), Now: a.env.Now, Progress: tell})
				end()
				if err != nil {
					return err
				}
				broken, err := a.violations(ctx, &f, t.Environment, p)
				if err != nil {
					return err
				}
				if out != "" {
					if err := savePlan(out, p); err != nil {
						return err
					}
				}
				if err := a.print(planResult(p, broken, a.paint())); err != nil || !detailed || p.Empty() {
					return err
				}
				return differs()
			})
		},
	}
	f.addFlags(cmd, a)
	cmd.Flags().StringVar(&out, "out", "", "file in which the plan is saved")
	cmd.Flags().StringVar(&commit, "commit", cmp.Or(a.env.Get("GITHUB_SHA"), a.env.Get("CI_COMMIT_SHA")), "commit of the repository, for the plan")
	cmd.Flags().BoolVar(&prune, "prune", false, "delete what earlier releases have published and the repository no longer has")
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "end with code 1 if the plan has changes")
	return cmd
}

func savePlan(path string, p *release.Plan) error {
	text, err := p.Encode()
	if err == nil {
		err = replaceFile(path, text)
	}
	if err != nil {
		return exit.With(exit.Local(err), err, "")
	}
	return nil
}

// replaceFile writes a file that everyone may read. If that fails, the old file stays.
// /dev/stdout and other paths that are not regular files are written to.
func replaceFile(path string, text []byte) (err error) {
	defer func(given string) { err = exit.Write(given, err) }(path)
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, text, 0o600)
	}
	if to, err := filepath.EvalSymlinks(path); err == nil { // the link stays
		path = to
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".nacre-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(text)
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	return err
}

// maxPlanFile is the size of the largest plan that is read.
const maxPlanFile = 64 << 20

func loadPlan(path string) (*release.Plan, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, exit.With(exit.Usage, err, "save one with nacre plan --out")
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPlanFile+1))
	if err != nil {
		return nil, exit.With(exit.Usage, err, "")
	}
	return release.DecodePlan(text)
}

func planResult(p *release.Plan, broken []policy.Violation, paint terminal.Paint) output.Result {
	r := output.Result{
		Value: struct {
			*release.Plan
			Policy []policy.Violation `json:"policy,omitempty"` // the rules that it breaks now
		}{p, broken},
		Text: func(w io.Writer) error {
			err := writePlan(w, p, paint)
			for _, v := range broken {
				_, err = fmt.Fprintln(w, paint.Red("policy:"), output.Clean(v.String()))
			}
			return err
		},
	}
	for _, c := range p.Documents {
		r.Names = append(r.Names, c.Key.String())
	}
	return r
}

func writePlan(w io.Writer, p *release.Plan, paint terminal.Paint) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s: %s, %s\n", paint.Bold(output.Clean(p.Environment)), output.Clean(p.Server), plural.Count(p.Changes, "change"), plural.Count(len(p.Unchanged), "document")+" unchanged")
	stage := 0
	for _, c := range p.Documents {
		if c.Action == "delete" {
			continue
		}
		if c.Stage != stage && (stage != 0 || c.Stage > 1) {
			fmt.Fprintf(&b, "stage %d\n", c.Stage)
		}
		stage = c.Stage
		line := fmt.Sprintf("%s %s (%s, %d → %d bytes)", sign(c.Action), c.Key, c.File, c.BaseSize, c.Size)
		switch c.Action {
		case "create":
			line = paint.Green(line)
		default:
			line = paint.Yellow(line)
		}
		b.WriteString(line + "\n")
		switch {
		case c.Action == "retype":
			b.WriteString("    the type becomes " + output.Clean(c.Type) + "\n")
		case c.Keys == nil:
			b.WriteString("    compared as a text\n")
		}
		writeRoutes(&b, c.Routes)
		writeKeys(&b, unsaid(c))
	}
	if p.ManifestDiffers {
		fmt.Fprintf(&b, "then the manifest %s\n", p.Manifest.Key)
	}
	writeDeletions(&b, p, paint)
	for _, l := range p.Left {
		fmt.Fprintf(&b, "%s is not in the repository, and stays on the server: %s\n", l.Key, l.Why)
	}
	if p.Rollback != nil && len(p.Rollback.Policy) > 0 {
		var rules []string
		for _, v := range p.Rollback.Policy {
			if !slices.Contains(rules, v.Rule) {
				rules = append(rules, v.Rule)
			}
		}
		fmt.Fprintf(&b, "note: a rollback would break %s of the policy, which does not stop it\n", output.Clean(strings.Join(rules, ", ")))
	}
	for _, note := range p.Notes {
		b.WriteString("note: " + note + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeKeys(b *strings.Builder, keys []release.KeyChange) {
	for _, k := range keys {
		fmt.Fprintf(b, "    %s %s", sign(k.Op), output.Clean(k.Key))
		if k.Line > 0 {
			b.WriteString(" line " + strconv.Itoa(k.Line))
		}
		b.WriteByte('\n')
	}
}

// writeRoutes writes what a routing document means for instances.
func writeRoutes(b *strings.Builder, all []routing.Change) {
	for _, c := range all {
		said := c.To
		switch {
		case c.Op == "removed":
			said = c.From
		case c.Op == "moved":
			said += ", at another place among the rules"
		case c.Op == "changed" && c.From != c.To:
			said = c.From + " → " + c.To
		}
		fmt.Fprintf(b, "    %s %s: %s\n", sign(c.Op), output.Clean(c.Rule), output.Clean(said))
		for _, name := range c.Removed {
			b.WriteString("        - " + output.Clean(name) + "\n")
		}
		for _, name := range c.Added {
			b.WriteString("        + " + output.Clean(name) + "\n")
		}
		if c.Reordered {
			b.WriteString("        its documents have another order or other options\n")
		}
	}
}

// unsaid returns the keys that differ, without those that writeRoutes has said in other words. A
// salt chooses the instances of a percentage, which no condition shows.
func unsaid(c release.Change) []release.KeyChange {
	if len(c.Routes) == 0 {
		return c.Keys
	}
	return slices.DeleteFunc(slices.Clone(c.Keys), func(k release.KeyChange) bool {
		inRule := strings.HasPrefix(k.Key, "rules[") || strings.HasPrefix(k.Key, "common[")
		return inRule && !strings.HasSuffix(k.Key, ".salt")
	})
}

func writeDeletions(b *strings.Builder, p *release.Plan, paint terminal.Paint) {
	first := true
	for _, c := range p.Documents {
		if c.Action != "delete" {
			continue
		}
		if first {
			b.WriteString("last, the deletions\n")
		}
		first = false
		b.WriteString(paint.Red(fmt.Sprintf("- %s (%s, md5 %s)", c.Key, plural.Count(c.BaseSize, "byte"), c.BaseMD5)) + "\n")
		if c.Listeners == nil {
			b.WriteString("    the server does not say whether clients listen to it\n")
		}
		writeKeys(b, c.Keys)
	}
}

// sign returns the character of an action or of a change of a key.
func sign(op string) string {
	switch op {
	case "create", "added":
		return "+"
	case "removed", "delete":
		return "-"
	}
	return "~"
}

func fraction(done, total int) string { return strconv.Itoa(done) + "/" + strconv.Itoa(total) }
