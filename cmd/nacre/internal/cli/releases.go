package cli

import (
	"cmp"
	"context"
	"crypto"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/cmd/nacre/internal/terminal"
	"github.com/nacre-go/nacre/providers/nacos"
)

// asCode are the flags of the commands for configuration as code.
type asCode struct {
	dir, state, key string
}

// releaseTimeout is the default of --timeout for these commands, which work on many documents.
const releaseTimeout = 10 * time.Minute

func (f *asCode) addFlags(cmd *cobra.Command, a *app) {
	cmd.Flags().StringVarP(&f.dir, "dir", "C", ".", "folder with nacre.yaml")
	cmd.Flags().StringVar(&f.state, "state", a.env.Get("NACRE_STATE"), "folder with the rollback files (default: .nacre next to nacre.yaml)")
}

func (f *asCode) addKey(cmd *cobra.Command, a *app) {
	cmd.Flags().StringVar(&f.key, "key", a.env.Get("NACRE_KEY_FILE"), "file with the private key that signs the manifest")
}

func (f *asCode) store() release.Store {
	return release.Folder(cmp.Or(f.state, filepath.Join(f.dir, ".nacre")))
}

// maxKeyFile is the size of the largest file of a key that is read.
const maxKeyFile = 64 << 10

func (f *asCode) signer() (crypto.Signer, error) {
	if f.key == "" {
		return nil, nil
	}
	file, err := os.Open(f.key)
	if err != nil {
		return nil, exit.With(exit.Usage, err, "")
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	if err != nil {
		return nil, exit.With(exit.Usage, err, "")
	}
	return release.ParseKey(text)
}

// environment returns an environment of the repository.
func (f *asCode) environment(name string) (*repository.Repository, *repository.Environment, error) {
	r, err := repository.Open(f.dir)
	if err != nil {
		return nil, nil, err
	}
	env, err := r.Environment(name)
	return r, env, err
}

// where returns the server of an environment: that of the flags, of the context that nacre.yaml
// names, of a context with the name of the environment, of NACRE_CONTEXT, or of the variables. The
// current context is none of them: a release must not depend on what someone has last looked at.
func (a *app) where(env *repository.Environment) (*target, error) {
	name := cmp.Or(a.flags.context, env.Context)
	if name == "" && len(a.flags.servers) == 0 {
		file, err := a.contexts()
		switch named := a.env.Get("NACRE_CONTEXT"); {
		case err == nil && file.Contexts[env.Name] != nil:
			name = env.Name
		case named != "":
			name = named
		case err == nil && file.Exists && len(file.Contexts) > 0:
			return nil, usage("environment %s has no context; the contexts are %v: run \"nacre context set %s --server HOST:PORT\", name one in nacre.yaml, or give --context", env.Name, file.Names(), env.Name)
		}
	}
	t, err := a.chosen(name)
	if err != nil {
		return nil, err
	}
	t.override(a.flags.namespace, cmp.Or(a.flags.group, env.Group))
	return t, nil
}

// atServer connects, and calls work with the server of an environment.
func (a *app) atServer(cmd *cobra.Command, t *target, work func(ctx context.Context, srv release.Server) error) error {
	if !cmd.Flags().Changed("timeout") {
		a.flags.timeout = max(a.flags.timeout, releaseTimeout)
	}
	group := cmp.Or(t.config.Group, "DEFAULT_GROUP")
	return a.openTarget(cmd.Context(), t, func(ctx context.Context, c *nacos.Client, t *target) error {
		return work(ctx, release.Nacos(c, t.config.Namespace, group))
	})
}

// released is the work on an environment of the repository.
func (a *app) released(cmd *cobra.Command, f *asCode, name string, allow func(*target) error, work func(ctx context.Context, srv release.Server, t release.Target) error) error {
	r, env, err := f.environment(name)
	if err != nil {
		return err
	}
	docs, err := r.Load(env)
	if err != nil {
		return err
	}
	t, err := a.where(env)
	if err != nil {
		return err
	}
	if allow != nil {
		if err := allow(t); err != nil {
			return err
		}
	}
	return a.atServer(cmd, t, func(ctx context.Context, srv release.Server) error {
		return work(ctx, srv, release.Target{Environment: env, Documents: docs, Others: r.Environments})
	})
}

// showProgress shows how far a release is, on a terminal.
func (a *app) showProgress() (tell func(release.Progress), end func()) {
	if !terminal.Is(a.env.Err) {
		return nil, func() {}
	}
	var last time.Time
	shown := false
	tell = func(p release.Progress) {
		if now := a.env.Now(); p.Done == p.Total || now.Sub(last) > 100*time.Millisecond {
			last, shown = now, true
			_, _ = io.WriteString(a.env.Err, "\r\x1b[K"+output.Clean(p.Phase)+" "+fraction(p.Done, p.Total))
		}
	}
	return tell, func() {
		if shown {
			_, _ = io.WriteString(a.env.Err, "\r\x1b[K")
		}
	}
}

// releaseEnded prints a result, also one of a release that failed, with what the instances have
// done if they were asked. After an interrupt the error would not be printed, so releaseEnded does
// it.
func (a *app) releaseEnded(ctx context.Context, res *release.Result, instances *rollout, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) && exit.Of(err) != exit.Partly {
		a.note("nacre: %v", err)
	}
	if res == nil {
		return err
	}
	return errors.Join(a.print(resultOf(res, instances)), err)
}

func resultOf(res *release.Result, instances *rollout) output.Result {
	r := output.Result{Value: struct {
		*release.Result
		Rollout *rollout `json:"rollout,omitempty"`
	}{res, instances}, Header: []string{"DOCUMENT", "STATE"}}
	for _, d := range res.Documents {
		r.Rows = append(r.Rows, []string{d.Key.String(), d.State})
	}
	r.Names = []string{res.Release}
	expected := "target" // these documents are not listed
	if res.Phase == "undone" {
		expected = "base"
	}
	rows := r.Rows
	r.Text = func(w io.Writer) error {
		var b strings.Builder
		for _, row := range rows {
			if row[1] != expected {
				b.WriteString("  " + row[0] + " " + row[1] + "\n")
			}
		}
		text := "release " + res.Release + " of " + res.Environment + " is " + res.Phase + ", " + plural.Count(len(rows), "document") + "\n" + b.String()
		if instances != nil {
			text += instances.text()
		}
		_, err := io.WriteString(w, text)
		return err
	}
	return r
}
