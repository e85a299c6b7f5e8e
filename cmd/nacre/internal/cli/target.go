package cli

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/accesskey"
	"github.com/nacre-go/nacre/cmd/nacre/internal/contexts"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/providers/nacos"
)

// target is where a command reads and writes.
type target struct {
	name      string // of the context; empty without one
	servers   bool   // they are those of --server
	config    nacos.Config
	protected bool
	instances []string
	// credentials completes the config. It may start a helper program, so it is called only by a
	// command that connects.
	credentials func(ctx context.Context) (contexts.Credentials, error)
}

// appName is the name by which a server knows the connections of this command.
const appName = "nacre-cli"

// contextsPath returns the path of the contexts file: NACRE_CONFIG, or nacre/config.yaml in the
// user's folder for settings, as os.UserConfigDir finds it.
func (a *app) contextsPath() (string, error) {
	if path := a.env.Get("NACRE_CONFIG"); path != "" {
		return path, nil
	}
	dir := a.userDir(settingsFolder)
	if dir == "" {
		return "", usage("contexts file has no place, since HOME is not set; set NACRE_CONFIG to its path")
	}
	return filepath.Join(dir, "nacre", "config.yaml"), nil
}

func (a *app) contexts() (*contexts.File, error) {
	path, err := a.contextsPath()
	if err != nil {
		return nil, err
	}
	return contexts.Load(path)
}

// target returns where the flags and the environment say to read and write.
func (a *app) target() (*target, error) {
	t, err := a.chosen(cmp.Or(a.flags.context, a.env.Get("NACRE_CONTEXT")))
	if err != nil {
		return nil, err
	}
	t.override(a.flags.namespace, a.flags.group)
	return t, nil
}

// override replaces the namespace and the group, unless they are empty.
func (t *target) override(namespace, group string) {
	if namespace == "public" {
		t.config.Namespace = ""
	} else {
		t.config.Namespace = cmp.Or(namespace, t.config.Namespace)
	}
	t.config.Group = cmp.Or(group, t.config.Group)
}

// chosen returns the target of --server, of the context with that name, of the current context, or
// of the environment, in this order.
func (a *app) chosen(name string) (*target, error) {
	if len(a.flags.servers) > 0 {
		if a.flags.context != "" {
			return nil, usage("--server and --context exclude each other; a context has its own servers and credentials")
		}
		return a.fromServers()
	}
	path, noPlace := a.contextsPath()
	file, err := &contexts.File{}, noPlace
	if err == nil {
		file, err = contexts.Load(path)
	}
	switch {
	case err != nil && (noPlace == nil || name != "" || !a.hasServers()):
		return nil, err // a file that is wrong must not lead to another server
	case err == nil && name == "":
		name = file.Current
	}
	switch {
	case err == nil && name != "":
		c, err := file.Get(name)
		if err != nil {
			return nil, err
		}
		return a.fromContext(name, c)
	case err == nil && file.Exists && len(file.Contexts) > 0:
		return nil, usage("no context is chosen; run \"nacre context use NAME\", or give --context, one of %v", file.Names())
	case !a.hasServers():
		return nil, usage("no server is known; run \"nacre context set NAME --server HOST:PORT\", give --server, or set NACOS_SERVER_ADDR")
	}
	t := &target{config: a.env.Nacos(), credentials: a.environmentKey()}
	t.config.AppName = cmp.Or(t.config.AppName, appName)
	return t, nil
}

// environmentKey returns the access key of the environment, under the names that services use; nil
// if it has none.
func (a *app) environmentKey() func(ctx context.Context) (contexts.Credentials, error) {
	get := a.env.Get
	key := accesskey.Key{
		ID: get("NACOS_ACCESS_KEY"), Secret: get("NACOS_SECRET_KEY"),
		Token: get("ALIBABA_CLOUD_SECURITY_TOKEN"), Region: get("ALIBABA_CLOUD_SIGNATURE_REGION_ID"),
	}
	if key.ID == "" {
		return nil
	}
	return func(context.Context) (contexts.Credentials, error) {
		if key.Secret == "" {
			return contexts.Credentials{}, exit.With(exit.Denied, errors.New("variable NACOS_SECRET_KEY, which has the secret of NACOS_ACCESS_KEY, is not set"), "")
		}
		return contexts.Credentials{Key: func() (accesskey.Key, error) { return key, nil }}, nil
	}
}

// authenticate completes the config with the credentials.
func (a *app) authenticate(ctx context.Context, t *target) error {
	if t.credentials == nil {
		return nil
	}
	found, err := t.credentials(ctx)
	switch {
	case err != nil:
		return err
	case found.Key != nil:
		t.config.Signer = accesskey.Signer(found.Key, a.env.Now)
	case found.Username != "":
		t.config.Username, t.config.Password = found.Username, nacos.NewPassword(found.Password)
	}
	return nil
}

func (a *app) hasServers() bool {
	return a.env.Nacos != nil && (a.env.Get("NACOS_SERVER_ADDR") != "" || a.env.Get("NACOS_ENDPOINT") != "")
}

// fromServers returns the target of --server, with the credentials of the environment.
func (a *app) fromServers() (*target, error) {
	get := a.env.Get
	t := &target{servers: true, credentials: a.environmentKey(), config: nacos.Config{
		Servers: a.flags.servers, Namespace: get("NACOS_NAMESPACE"), Group: get("NACOS_GROUP"), Username: get("NACOS_USERNAME"),
		Password: nacos.NewPassword(get("NACOS_PASSWORD")), PasswordFile: get("NACOS_PASSWORD_FILE"), AppName: appName,
	}}
	for _, server := range a.flags.servers {
		if strings.Contains(server, "@") {
			return nil, usage("--server has a user name or password in it, which every user of this machine can see; set NACOS_USERNAME and NACOS_PASSWORD")
		}
	}
	return t, nil
}

func (a *app) fromContext(name string, c *contexts.Context) (*target, error) {
	t := &target{name: name, protected: c.Protected, instances: c.Instances, config: nacos.Config{
		Servers: c.Servers, Endpoint: c.Endpoint, ContextPath: c.ContextPath, Namespace: c.Namespace, Group: c.Group,
		Plaintext: c.Plaintext, AppName: appName,
	}}
	if t.config.Namespace == "public" {
		t.config.Namespace = ""
	}
	if c.TLS != nil {
		tls, err := nacos.TLSFromFiles(c.TLS.CAFile, c.TLS.CertFile, c.TLS.KeyFile)
		if err != nil {
			code := exit.Invalid
			for _, file := range []string{c.TLS.CAFile, c.TLS.CertFile, c.TLS.KeyFile} {
				if _, unread := os.ReadFile(file); file != "" && unread != nil {
					code = exit.Usage
				}
			}
			return nil, exit.With(code, errors.Join(err), "see tls of context "+name)
		}
		if c.TLS.ServerName != "" {
			tls = tls.Clone()
			tls.ServerName = c.TLS.ServerName
		}
		t.config.TLS = tls
	}
	t.credentials = func(ctx context.Context) (contexts.Credentials, error) {
		return c.Credentials(ctx, name, contexts.Process{Get: a.env.Get, Environ: a.env.Environ, Err: a.env.Err, In: a.env.In})
	}
	return t, nil
}
