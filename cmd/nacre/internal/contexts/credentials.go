package contexts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

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

// Credentials returns the user name and the password of a context, both empty if it has none.
func (c *Context) Credentials(ctx context.Context, name string, p Process) (username, password string, err error) {
	a := c.Auth
	switch {
	case a == nil:
		return "", "", nil
	case a.PasswordEnv != "":
		password = p.Get(a.PasswordEnv)
		if password == "" {
			return "", "", denied("context %s: variable %s, which has the password, is not set", name, a.PasswordEnv)
		}
		return a.Username, password, nil
	case a.PasswordFile != "":
		password, err = ReadSecret(a.PasswordFile)
		if err != nil {
			return "", "", denied("context %s: password file: %w", name, err)
		}
		return a.Username, password, nil
	}
	return a.helper(ctx, name, p)
}

// helper runs the program of Exec. It prints {"username": "…", "password": "…"}; without a user
// name, that of the context counts.
func (a *Auth) helper(ctx context.Context, name string, p Process) (username, password string, err error) {
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
		return "", "", denied("context %s: credentials helper %s: %w", name, a.Exec[0], err)
	}
	var answer struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	if json.Unmarshal(out.Bytes(), &answer) != nil { // its error could contain the password
		return "", "", denied(`context %s: credentials helper %s: its output is not JSON such as {"username": "…", "password": "…"}`, name, a.Exec[0])
	}
	if answer.Username == "" {
		answer.Username = a.Username
	}
	if answer.Username == "" || answer.Password == "" {
		return "", "", denied("context %s: credentials helper %s: its output lacks a username or a password", name, a.Exec[0])
	}
	return answer.Username, answer.Password, nil
}

func denied(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if errors.Is(err, context.Canceled) {
		return err
	}
	return exit.With(exit.Denied, err, "")
}
