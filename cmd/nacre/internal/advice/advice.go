package advice

import (
	"errors"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// User is what decides where a user of the command changes a setting.
type User struct {
	// Context is the name of the context in use; empty without one.
	Context string
	// Servers reports that the servers were given with --server.
	Servers bool
}

// Fix returns how the user fixes what a code stands for; empty if what the library says fits.
func (u User) Fix(code nacos.Code) string {
	set := "nacre context set " + u.Context
	switch code { //nolint:exhaustive // the others are not about settings
	case nacos.BadCredentials, nacos.CredentialsMissing, nacos.TokenRejected:
		if u.Context != "" {
			return "nacre context show " + u.Context + " says where the credentials are, and " + set + " changes that"
		}
		return "set NACOS_USERNAME and NACOS_PASSWORD or NACOS_PASSWORD_FILE, or for an access key NACOS_ACCESS_KEY and NACOS_SECRET_KEY, or make a context with credentials"
	case nacos.InvalidConfig:
		return u.pick("correct context "+u.Context+" with nacre context set", "correct --server, and the variables NACOS_USERNAME and the like", "correct the variables NACOS_SERVER_ADDR and the like, or give --server")
	case nacos.NoServers:
		return u.pick("correct it with "+set+" --endpoint", "", "correct NACOS_ENDPOINT") + "; its answer has one server per line, host or host:port"
	case nacos.UnlistedServer:
		return "nothing: the session goes to another server of the list; to allow this one, add it " +
			u.pick("with "+set+" --server", "to --server", "to NACOS_SERVER_ADDR") + ", or to the list of the address server"
	case nacos.InvalidCertificate:
		return "check that its CA is that of " + u.pick(set+" --tls-ca-file", "the machine; another one needs a context", "NACOS_TLS_CA_FILE") +
			", and that it is valid for the host; if it has another name, set " + u.pick("--tls-server-name", "it in a context", "NACOS_TLS_SERVER_NAME")
	case nacos.UnencryptedCredentials:
		if u.Servers {
			return "make a context: nacre context set NAME --tls, if the servers use TLS, or --plaintext if you trust the network"
		}
		return "if the servers use TLS, " + u.pick(set+" --tls", "", "set NACOS_TLS=true") +
			"; if you trust the network, " + u.pick(set+" --plaintext", "", "set NACOS_PLAINTEXT=true")
	case nacos.ConfigNotFound:
		return "check data ID and group for a typo, and that the namespace is an *id* and not a name; nacre ls --all-groups lists the configs"
	case nacos.UnknownFormat:
		return "give the data ID an extension (.yaml, .json, .toml, .properties, .env)"
	case nacos.SignatureRejected:
		return "check the access key, its secret and its region, the permissions of the account in this namespace, and the clock of this machine"
	case nacos.NoRoute:
		return "add a rule that matches the instance; the previous route stays in use"
	case nacos.PreconditionFailed:
		return "look at what has changed with nacre diff, and run the command again"
	}
	return ""
}

// pick returns the text for a context, for --server, or for variables.
func (u User) pick(context, servers, variables string) string {
	switch {
	case u.Context != "":
		return context
	case u.Servers && servers != "":
		return servers
	}
	return variables
}

// Rewrite returns an error that says what Fix says, and err itself where that is nothing. It looks
// into errors of several servers.
func (u User) Rewrite(err error) error {
	if own, ok := u.rewrite(err); ok {
		return own
	}
	return err
}

func (u User) rewrite(err error) (own error, changed bool) {
	switch e := err.(type) { //nolint:errorlint // it rebuilds the error from outside to inside
	case *source.Error:
		own := *e
		if list, ok := e.Err.(interface{ Unwrap() []error }); ok {
			own.Err, changed = u.all(list.Unwrap())
			return &own, changed
		}
		code, ok := errors.AsType[nacos.Code](e.Err)
		if !ok {
			return nil, false
		}
		own.Fix = u.Fix(code)
		return &own, own.Fix != ""
	case *exit.Error:
		own := *e
		own.Err, changed = u.rewrite(e.Err)
		return &own, changed
	case interface{ Unwrap() []error }:
		return u.all(e.Unwrap())
	}
	return nil, false
}

func (u User) all(errs []error) (own error, changed bool) {
	all := make([]error, len(errs))
	for i, err := range errs {
		all[i] = err
		if next, ok := u.rewrite(err); ok {
			all[i], changed = next, true
		}
	}
	return errors.Join(all...), changed
}
