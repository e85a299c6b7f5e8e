package cli

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
)

// Main runs the command line of env and returns the exit code of the process.
func Main(env *Env) int {
	root := newRoot(env)
	if err := root.ExecuteContext(context.Background()); err != nil {
		fmt.Fprintf(env.Err, "nacre: %v\n", err)
		return int(exit.Of(err))
	}
	return 0
}
