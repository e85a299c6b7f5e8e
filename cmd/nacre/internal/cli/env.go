package cli

import (
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
)

// Env is what a command uses of its process.
type Env struct {
	Args    []string // without the name of the program
	In      io.Reader
	Out     io.Writer
	Err     io.Writer
	Environ []string // as os.Environ returns it
	Now     func() time.Time
	// Nacos returns what the environment says about servers, for a command without a context.
	Nacos func() nacos.Config
	// Interrupt receives the signals that end a command. Nil: none does.
	Interrupt <-chan os.Signal
}

// Get returns a variable of the environment, and "" if it is not set.
func (e *Env) Get(name string) string {
	for _, entry := range slices.Backward(e.Environ) { // the last one counts, as for os/exec
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}
