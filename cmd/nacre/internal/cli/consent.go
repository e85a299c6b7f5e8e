package cli

import (
	"cmp"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
)

// consent are the flags of a command that writes.
type consent struct {
	yes            bool
	reason, author string
}

// The descriptions of --reason.
const (
	reasonRequired  = "why, for the history of the server; required"
	reasonProtected = "why, for the history of the server; a protected context requires it"
)

// addFlags adds the flags. reason describes --reason.
func (k *consent) addFlags(cmd *cobra.Command, a *app, reason string) {
	f := cmd.Flags()
	f.BoolVarP(&k.yes, "yes", "y", false, "write to a protected context")
	f.StringVarP(&k.reason, "reason", "r", "", reason)
	f.StringVar(&k.author, "author", cmp.Or(a.env.Get("NACRE_AUTHOR"), a.env.Get("GIT_AUTHOR_NAME"), a.env.Get("USER"), a.env.Get("USERNAME")), "who, for the history of the server")
}

// check refuses to write to a protected context without --yes and --reason.
func (k *consent) check(t *target) error {
	k.reason, k.author = strings.TrimSpace(k.reason), strings.TrimSpace(k.author)
	if !t.protected {
		return nil
	}
	var missing []string
	if !k.yes {
		missing = append(missing, "--yes")
	}
	if k.reason == "" {
		missing = append(missing, "--reason TEXT")
	}
	if missing != nil {
		return exit.With(exit.Usage, errors.New("context "+t.name+" is protected"), "give "+strings.Join(missing, " and "))
	}
	return nil
}
