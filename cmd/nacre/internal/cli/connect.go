package cli

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/advice"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// connect returns a client of a target that has a connection. A person waits for it, so it fails
// when all servers have refused twice or a login failed, and does not wait for --timeout.
func (a *app) connect(ctx context.Context, t *target) (*nacos.Client, error) {
	if err := a.authenticate(ctx, t); err != nil {
		return nil, err
	}
	trying, failed := context.WithCancelCause(ctx)
	defer failed(nil)
	connecting, cancel := context.WithTimeout(trying, a.connecting)
	defer cancel()
	client, err := nacos.NewClient(t.config, nacos.OnEvent(func(e nacos.Event) {
		e.Err = t.refused(e.Err)
		a.report(e)
		switch {
		case e.Kind == nacos.EventConnectFailed && (e.Attempt > 1 || errors.Is(e.Err, source.PermissionDenied)),
			e.Kind == nacos.EventLoginFailed && errors.Is(e.Err, source.PermissionDenied):
			failed(e.Err)
		}
	}))
	if err != nil {
		return nil, t.refused(err)
	}
	if err := client.WaitReady(connecting); err != nil {
		client.Close()
		if cause := context.Cause(trying); cause != nil && ctx.Err() == nil {
			err = cause
		}
		return nil, t.refused(err)
	}
	return client, nil
}

// report writes an event to stderr: warnings always, and the others with --verbose.
func (a *app) report(e nacos.Event) {
	switch e.Kind {
	case nacos.EventUnencryptedCredentials, nacos.EventNamespaceNotFound:
		a.note("warning: %v", e.Err)
		return
	}
	if !a.flags.verbose {
		return
	}
	parts := []string{e.Kind.String(), e.Server, e.Document}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	a.note("%s %s", a.env.Now().Format("15:04:05.000"), strings.Join(parts, " "))
}

// open resolves the target, connects, and calls f with a context that ends with --timeout.
func (a *app) open(ctx context.Context, f func(ctx context.Context, c *nacos.Client, t *target) error) error {
	t, err := a.target()
	if err != nil {
		return err
	}
	return a.openTarget(ctx, t, f)
}

func (a *app) openTarget(ctx context.Context, t *target, f func(ctx context.Context, c *nacos.Client, t *target) error) error {
	ctx, cancel := a.within(ctx)
	defer cancel()
	client, err := a.connect(ctx, t)
	if err != nil {
		return err
	}
	defer client.Close()
	return t.refused(f(ctx, client, t))
}

// refused replaces what an error tells a programmer to do by what a user of this command can do.
func (t *target) refused(err error) error { return t.user().Rewrite(err) }

// user is what decides where the user of the command changes a setting of the target.
func (t *target) user() advice.User { return advice.User{Context: t.name, Servers: t.servers} }

// openConfig is open for the config that an argument names.
func (a *app) openConfig(ctx context.Context, arg string, f func(ctx context.Context, c *nacos.Client, t *target, dataID string, options []nacos.SourceOption) error) error {
	t, err := a.target()
	if err != nil {
		return err
	}
	dataID, options, err := t.at(arg)
	if err != nil {
		return err
	}
	return a.openTarget(ctx, t, func(ctx context.Context, c *nacos.Client, t *target) error { return f(ctx, c, t, dataID, options) })
}

// absent reports whether an error says that a config does not exist, and not that its namespace
// does not exist.
func absent(err error) bool {
	return errors.Is(err, source.NotFound) && !errors.Is(err, nacos.NamespaceNotFound)
}

// overHTTP adds to an error what works without the HTTP interface and its permissions.
func overHTTP(err error, command string) error {
	switch {
	case errors.Is(err, nacos.PermissionDenied), errors.Is(err, nacos.CredentialsMissing):
		return exit.With(exit.Denied, err, command+" uses the HTTP interface, for which the server may require an administrator; get, diff and watch of a named config need only the right to read it")
	case errors.Is(err, nacos.NotSupported):
		return exit.With(exit.Failed, err, command+" needs the HTTP interface, which this server does not have; get, diff and watch of a named config work without it")
	}
	return err
}

// full returns the name of a config with namespace and group, so that a reader sees where it was
// looked for.
func (t *target) full(arg string) string {
	parts := strings.Split(arg, "/")
	group := cmp.Or(t.config.Group, "DEFAULT_GROUP")
	if len(parts) > 1 {
		group = parts[len(parts)-2]
	}
	return cmp.Or(t.config.Namespace, "public") + "/" + group + "/" + parts[len(parts)-1]
}

// at finds a config that an argument names: DATA-ID, GROUP/DATA-ID or NAMESPACE/GROUP/DATA-ID. A
// namespace becomes that of the target.
func (t *target) at(arg string) (dataID string, options []nacos.SourceOption, err error) {
	if arg == "." || arg == ".." || strings.HasPrefix(arg, "./") || strings.HasPrefix(arg, "../") || strings.HasPrefix(arg, "/") {
		return "", nil, usage("%s is the path of a file, and a config is wanted: DATA-ID, GROUP/DATA-ID or NAMESPACE/GROUP/DATA-ID", arg)
	}
	parts := strings.Split(arg, "/")
	if parts[len(parts)-1] == "" || len(parts) > 1 && parts[len(parts)-2] == "" {
		return "", nil, usage("config %q has an empty part; write DATA-ID, GROUP/DATA-ID or NAMESPACE/GROUP/DATA-ID", arg)
	}
	if len(parts) > 3 {
		return "", nil, usage("config %q has more parts than NAMESPACE/GROUP/DATA-ID", arg)
	}
	if len(parts) == 3 {
		if parts[0] == "" {
			return "", nil, usage("config %q has an empty namespace; the public one is called public", arg)
		}
		t.override(parts[0], "")
	}
	if len(parts) > 1 {
		options = append(options, nacos.Group(parts[len(parts)-2]))
	}
	return parts[len(parts)-1], options, nil
}
