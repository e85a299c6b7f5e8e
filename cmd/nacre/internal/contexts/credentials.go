package contexts

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/accesskey"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
)

// helperTime is the time that a helper program has, in which it may ask its user something.
const helperTime = time.Minute

// Process is what a context uses of its process to find credentials.
type Process struct {
	Get     func(name string) string // a variable of the environment
	Environ []string                 // of a helper program
	Err     io.Writer                // the stderr of a helper program
	In      io.Reader                // the stdin of a helper program
	Dir     string
}

// Credentials are what a context signs in with: a user name and a password, or an access key; or
// nothing.
type Credentials struct {
	Username, Password string
	// Key returns the access key; nil for none. It reads files again, since temporary keys change.
	Key func() (accesskey.Key, error)
}

// Credentials returns the credentials of a context.
func (c *Context) Credentials(ctx context.Context, name string, p Process) (Credentials, error) {
	a := c.Auth
	var password string
	var err error
	switch {
	case a == nil:
		return Credentials{}, nil
	case a.AccessKey != nil:
		key := func() (accesskey.Key, error) { return a.AccessKey.read(name, p) }
		_, err := key() // so that what is missing is an error before a connection
		return Credentials{Key: key}, err
	case len(a.Exec) > 0:
		return a.helper(ctx, name, p)
	case a.PasswordEnv != "":
		password, err = variable(name, a.PasswordEnv, "password", p)
	default:
		password, err = secretFile(name, a.PasswordFile, "password")
	}
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{Username: a.Username, Password: password}, nil
}

// read returns the key from the places of its parts.
func (k *AccessKey) read(name string, p Process) (key accesskey.Key, err error) {
	key = accesskey.Key{ID: k.ID, Region: k.Region}
	for _, part := range []struct {
		to              *string
		env, file, what string
	}{
		{&key.ID, k.IDEnv, k.IDFile, "access key"}, {&key.Secret, k.SecretEnv, k.SecretFile, "secret key"},
		{&key.Token, k.TokenEnv, k.TokenFile, "security token"},
	} {
		switch {
		case part.env != "":
			*part.to, err = variable(name, part.env, part.what, p)
		case part.file != "":
			*part.to, err = secretFile(name, part.file, part.what)
		}
		if err != nil {
			return accesskey.Key{}, err
		}
	}
	return key, nil
}

// variable returns a part of the credentials from the environment.
func variable(context, name, what string, p Process) (string, error) {
	if value := p.Get(name); value != "" {
		return value, nil
	}
	return "", denied("context %s: variable %s, which has the %s, is not set", context, name, what)
}

// secretFile returns a part of the credentials from a file.
func secretFile(context, path, what string) (string, error) {
	secret, err := ReadSecret(path)
	if err != nil {
		return "", denied("context %s: %s file: %w", context, what, err)
	}
	return secret, nil
}

// helper runs the program of Exec. It prints {"username": "…", "password": "…"}, where the user
// name of the context counts if there is none, or {"access_key": "…", "secret_key": "…"}.
func (a *Auth) helper(ctx context.Context, name string, p Process) (Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, helperTime)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, a.Exec[0], a.Exec[1:]...)
	cmd.Env = append(p.Environ[:len(p.Environ):len(p.Environ)], "NACRE_CONTEXT="+name)
	cmd.Dir, cmd.Stdin, cmd.Stderr, cmd.Stdout = p.Dir, p.In, p.Err, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return Credentials{}, denied("context %s: credentials helper %s: %w", name, a.Exec[0], err)
	}
	var answer struct {
		Username string `json:"username"`
		Password string `json:"password"`
		accesskey.Key
	}
	if json.Unmarshal(out.Bytes(), &answer) != nil { // its error could contain the password
		return Credentials{}, denied(`context %s: credentials helper %s: its output is not JSON such as {"username": "…", "password": "…"}`, name, a.Exec[0])
	}
	if answer.Key != (accesskey.Key{}) {
		if answer.ID == "" || answer.Secret == "" {
			return Credentials{}, denied("context %s: credentials helper %s: its output lacks an access_key or a secret_key", name, a.Exec[0])
		}
		return Credentials{Key: func() (accesskey.Key, error) { return answer.Key, nil }}, nil
	}
	username := cmp.Or(answer.Username, a.Username)
	if username == "" || answer.Password == "" {
		return Credentials{}, denied("context %s: credentials helper %s: its output lacks a username or a password", name, a.Exec[0])
	}
	return Credentials{Username: username, Password: answer.Password}, nil
}

func denied(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if errors.Is(err, context.Canceled) {
		return err
	}
	return exit.With(exit.Denied, err, "")
}
