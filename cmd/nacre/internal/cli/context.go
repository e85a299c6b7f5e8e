package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/contexts"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/output"
)

// listedContext is a context in JSON.
type listedContext struct {
	Name        string   `json:"name"`
	Current     bool     `json:"current"`
	Servers     []string `json:"servers,omitempty"`
	Endpoint    string   `json:"endpoint,omitempty"`
	Namespace   string   `json:"namespace"`
	Group       string   `json:"group,omitempty"`
	Protected   bool     `json:"protected"`
	TLS         bool     `json:"tls"`
	Username    string   `json:"username,omitempty"`
	Credentials string   `json:"credentials,omitempty"` // where they are
	Instances   []string `json:"instances,omitempty"`
}

func newContext(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "context",
		Aliases: []string{"contexts", "ctx"},
		Short:   "List, choose and change contexts",
		Long: `List, choose and change contexts. A context says which server, namespace, group and credentials a
command uses. The contexts file is nacre/config.yaml in your folder for settings (~/.config on
Linux), or the path in NACRE_CONFIG. It holds no passwords: a context names a variable, a file or a
program that has the password.`,
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newContextList(a), newContextUse(a), newContextShow(a), newContextSet(a), newContextDelete(a))
	return cmd
}

func newContextList(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List the contexts", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			file, err := a.contexts()
			if err != nil {
				return err
			}
			if len(file.Contexts) == 0 {
				a.note("the contexts file has no context; nacre context set NAME --server HOST:PORT makes one")
			}
			return a.print(a.contextResult(file, file.Names()))
		},
	}
}

func newContextShow(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "show [NAME]", Short: "Show a context, by default the one that commands use", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := a.contexts()
			if err != nil {
				return err
			}
			name := a.current(file)
			if len(args) > 0 {
				name = args[0]
			}
			if name == "" {
				return usage("no context is chosen; nacre context use NAME chooses one")
			}
			if _, err := file.Get(name); err != nil {
				return err
			}
			return a.print(a.contextResult(file, []string{name}))
		},
	}
}

// current is the name of the context that a command uses.
func (a *app) current(file *contexts.File) string {
	for _, name := range []string{a.flags.context, a.env.Get("NACRE_CONTEXT")} {
		if name != "" {
			return name
		}
	}
	return file.Current
}

func (a *app) contextResult(file *contexts.File, names []string) output.Result {
	items := make([]listedContext, len(names))
	r := output.Result{Header: []string{"", "NAME", "SERVERS", "NAMESPACE", "GROUP", "PROTECTED", "CREDENTIALS"}, Names: names}
	for i, name := range names {
		c := file.Contexts[name]
		items[i] = listedContext{
			Name: name, Current: name == a.current(file), Servers: c.Servers, Endpoint: c.Endpoint, Namespace: namespaceName(c.Namespace),
			Group: c.Group, Protected: c.Protected, TLS: c.TLS != nil, Instances: c.Instances, Credentials: placeOf(c.Auth),
		}
		if c.Auth != nil {
			items[i].Username = c.Auth.Username
		}
		mark, protected, servers := " ", "", strings.Join(c.Servers, ",")
		if items[i].Current {
			mark = "*"
		}
		if c.Protected {
			protected = "yes"
		}
		if servers == "" {
			servers = c.Endpoint
		}
		r.Rows = append(r.Rows, []string{mark, name, servers, items[i].Namespace, c.Group, protected, items[i].Credentials})
	}
	r.Value = struct {
		Items []listedContext `json:"items"`
	}{items}
	return r
}

// placeOf says where the credentials of a context are.
func placeOf(a *contexts.Auth) string {
	switch {
	case a == nil:
		return ""
	case a.PasswordEnv != "":
		return "variable " + a.PasswordEnv
	case a.PasswordFile != "":
		return "file " + a.PasswordFile
	case a.AccessKey != nil && a.AccessKey.SecretEnv != "":
		return "access key, variable " + a.AccessKey.SecretEnv
	case a.AccessKey != nil:
		return "access key, file " + a.AccessKey.SecretFile
	}
	return "helper " + a.Exec[0]
}

func newContextUse(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "use NAME", Short: "Choose the context that commands use", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := a.contexts()
			if err != nil {
				return err
			}
			if _, err := file.Get(args[0]); err != nil {
				return err
			}
			file.Current = args[0]
			if err := file.Save(); err != nil {
				return err
			}
			a.note("context %s is used from now on", args[0])
			if name := a.env.Get("NACRE_CONTEXT"); name != "" && name != args[0] {
				a.note("warning: NACRE_CONTEXT is set to %s and takes precedence", name)
			}
			return nil
		},
	}
}

func newContextDelete(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME", Aliases: []string{"rm"}, Short: "Delete a context", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file, err := a.contexts()
			if err != nil {
				return err
			}
			if _, err := file.Get(args[0]); err != nil {
				return err
			}
			delete(file.Contexts, args[0])
			if file.Current == args[0] {
				file.Current = ""
			}
			return file.Save()
		},
	}
}

func newContextSet(a *app) *cobra.Command {
	var c contexts.Context
	var auth contexts.Auth
	var tls contexts.TLS
	var key contexts.AccessKey
	var exec string
	var encrypted, noAuth bool
	cmd := &cobra.Command{
		Use:   "set NAME",
		Short: "Make a context, or change what the flags name",
		Long: `Make a context, or change what the flags name. The first context becomes the one that commands use.

The password comes from a variable (--password-env), from a file that only you can read
(--password-file), or from a program (--exec) that prints {"username": "…", "password": "…"}. The
program gets the name of the context in NACRE_CONTEXT, and may ask you on the terminal. --exec is
split at spaces; an argument with a space in it belongs into the file.

Alibaba Cloud (MSE) signs in with an access key of RAM: --access-key or its variable or file, and
its secret in a variable or file. A temporary key has a security token too. A program prints
{"access_key": "…", "secret_key": "…", "security_token": "…"}.

Every command that writes to a context with --protected requires --yes and --reason.`,
		Example: `  nacre context set dev --server 127.0.0.1:8848
  nacre context set prod --server nacos-1:8848,nacos-2:8848 --namespace prod --tls --protected \
      --username deploy --password-env NACOS_PROD_PASSWORD
  nacre context set prod --exec "vault-nacos --role deploy"
  nacre context set mse --server mse-1:8848 --access-key LTAI5t --secret-key-env MSE_SECRET_KEY`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := a.contexts()
			if err != nil {
				return err
			}
			set := cmd.Flags().Changed
			to := file.Contexts[args[0]]
			if to == nil {
				to = &contexts.Context{}
			}
			if auth.Exec = strings.Fields(exec); set("exec") && len(auth.Exec) == 0 {
				return usage("--exec is empty; --no-auth removes the credentials")
			}
			a.change(set, to, &c)
			byName := slices.ContainsFunc([]string{"username", "password-env", "password-file", "exec"}, set)
			switch {
			case byName && slices.ContainsFunc(keyFlags, set):
				return usage("a context has either a user name or an access key, or a program that prints one")
			case noAuth:
				to.Auth = nil
			case byName:
				to.Auth = changedAuth(set, to.Auth, auth)
			case slices.ContainsFunc(keyFlags, set):
				to.Auth = &contexts.Auth{AccessKey: changedKey(set, to.Auth, key)}
			}
			if set("tls") && !encrypted {
				to.TLS = nil
			} else if slices.ContainsFunc([]string{"tls", "tls-ca-file", "tls-cert-file", "tls-key-file", "tls-server-name"}, set) {
				to.TLS = changedTLS(set, to.TLS, tls)
			}
			if err := to.Check(); err != nil {
				return exit.With(exit.Usage, fmt.Errorf("context %s: %w", args[0], err), "")
			}
			if len(file.Contexts) == 0 && file.Current == "" {
				file.Current = args[0]
			}
			file.Contexts[args[0]] = to
			return file.Save()
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Endpoint, "endpoint", "", "address server, which lists the servers")
	f.StringVar(&c.ContextPath, "context-path", "", "context path of the HTTP interface (default nacos)")
	f.BoolVar(&c.Protected, "protected", false, "writing requires --yes and --reason")
	f.BoolVar(&c.Plaintext, "plaintext", false, "the network is trusted: do not warn about credentials without encryption")
	f.StringSliceVar(&c.Instances, "instance", nil, "addresses of instances of services: HOST:PORT, dns:HOST:PORT, or the URL of confighttp.JSON")
	f.StringVar(&auth.Username, "username", "", "user name")
	f.StringVar(&auth.PasswordEnv, "password-env", "", "name of the variable with the password")
	f.StringVar(&auth.PasswordFile, "password-file", "", "file with the password")
	f.StringVar(&key.ID, "access-key", "", "id of an access key (Alibaba Cloud)")
	f.StringVar(&key.IDEnv, "access-key-env", "", "name of the variable with the id")
	f.StringVar(&key.IDFile, "access-key-file", "", "file with the id")
	f.StringVar(&key.SecretEnv, "secret-key-env", "", "name of the variable with the secret of the access key")
	f.StringVar(&key.SecretFile, "secret-key-file", "", "file with the secret of the access key")
	f.StringVar(&key.TokenEnv, "security-token-env", "", "name of the variable with the token of a temporary access key")
	f.StringVar(&key.TokenFile, "security-token-file", "", "file with the token of a temporary access key")
	f.StringVar(&key.Region, "signature-region", "", "region in whose name an access key signs, such as cn-hangzhou")
	f.StringVar(&exec, "exec", "", "program that prints the credentials, with its arguments")
	f.BoolVar(&noAuth, "no-auth", false, "remove the credentials")
	f.BoolVar(&encrypted, "tls", false, "encrypt all connections")
	f.StringVar(&tls.CAFile, "tls-ca-file", "", "CAs of the server's certificate (default: those of the system)")
	f.StringVar(&tls.CertFile, "tls-cert-file", "", "certificate of the client")
	f.StringVar(&tls.KeyFile, "tls-key-file", "", "key of the client's certificate")
	f.StringVar(&tls.ServerName, "tls-server-name", "", "name in the server's certificate")
	return cmd
}

// change copies to a context what the flags set.
func (a *app) change(set func(string) bool, to, from *contexts.Context) {
	for name, f := range map[string]func(){
		"server":       func() { to.Servers = a.flags.servers },
		"namespace":    func() { to.Namespace = a.flags.namespace },
		"group":        func() { to.Group = a.flags.group },
		"endpoint":     func() { to.Endpoint = from.Endpoint },
		"context-path": func() { to.ContextPath = from.ContextPath },
		"protected":    func() { to.Protected = from.Protected },
		"plaintext":    func() { to.Plaintext = from.Plaintext },
		"instance":     func() { to.Instances = from.Instances },
	} {
		if set(name) {
			f()
		}
	}
}

// changedAuth returns the credentials with what the flags set. One place of the password replaces
// the other.
func changedAuth(set func(string) bool, was *contexts.Auth, flags contexts.Auth) *contexts.Auth {
	if was != nil {
		if !set("username") {
			flags.Username = was.Username
		}
		if !set("password-env") && !set("password-file") && !set("exec") {
			flags.PasswordEnv, flags.PasswordFile, flags.Exec = was.PasswordEnv, was.PasswordFile, was.Exec
		}
	}
	return &flags
}

// keyFlags are the flags of an access key.
var keyFlags = []string{
	"access-key", "access-key-env", "access-key-file", "secret-key-env", "secret-key-file", "security-token-env", "security-token-file", "signature-region",
}

// changedKey returns the places of an access key with what the flags set. One place of a part
// replaces the other.
func changedKey(set func(string) bool, was *contexts.Auth, flags contexts.AccessKey) *contexts.AccessKey {
	if was == nil || was.AccessKey == nil {
		return &flags
	}
	to := *was.AccessKey
	if slices.ContainsFunc(keyFlags[:3], set) {
		to.ID, to.IDEnv, to.IDFile = flags.ID, flags.IDEnv, flags.IDFile
	}
	if slices.ContainsFunc(keyFlags[3:5], set) {
		to.SecretEnv, to.SecretFile = flags.SecretEnv, flags.SecretFile
	}
	if slices.ContainsFunc(keyFlags[5:7], set) {
		to.TokenEnv, to.TokenFile = flags.TokenEnv, flags.TokenFile
	}
	if set("signature-region") {
		to.Region = flags.Region
	}
	return &to
}

func changedTLS(set func(string) bool, was *contexts.TLS, flags contexts.TLS) *contexts.TLS {
	to := contexts.TLS{}
	if was != nil {
		to = *was
	}
	for name, copied := range map[string]func(){
		"tls-ca-file":     func() { to.CAFile = flags.CAFile },
		"tls-cert-file":   func() { to.CertFile = flags.CertFile },
		"tls-key-file":    func() { to.KeyFile = flags.KeyFile },
		"tls-server-name": func() { to.ServerName = flags.ServerName },
	} {
		if set(name) {
			copied()
		}
	}
	return &to
}
