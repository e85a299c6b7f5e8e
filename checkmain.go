package nacre

import (
	"context"
	"io"
	"os"
	"slices"

	"github.com/nacre-go/nacre/internal/checkmain"
	"github.com/nacre-go/nacre/source"
)

// CheckMain is the main function of a program that checks documents exactly as the service does:
// with its struct, its rules, its Validate methods and its options. Ship the program with the
// service; the command nacre runs it before it publishes a change, and so can a CI job:
//
//	func main() { nacre.CheckMain[conf.Config](conf.Options()) }
//
//	orders-check base.yaml prod.yaml
//
// The arguments are files, the lowest layer first. The program prints each problem in a line, with
// -o json as JSON, and ends the process with 0 if a service would accept the documents, with 2 if
// the command line or a file is wrong, and with 5 if a service would reject them. The flag
// -missing-ok names required keys that the service has from elsewhere, such as its environment.
//
// The layer options apply to each layer, for example [Decrypt]. CheckMain ignores options that
// concern a running config; see [CheckWith].
func CheckMain[T any](options Options, layerOptions ...LayerOption) {
	os.Exit(checkMain[T](os.Args[1:], os.Stdin, os.Stdout, os.Stderr, options, layerOptions)) //nolint:forbidigo // it is a main function
}

func checkMain[T any](args []string, in io.Reader, out, err io.Writer, options Options, layerOptions []LayerOption) int {
	return checkmain.Run(context.Background(), checkmain.Program{
		Args: args, In: in, Out: out, Err: err,
		Check: func(ctx context.Context, layers []source.Source, shared []bool) (Problems, error) {
			for i := range layers {
				opts := slices.Clone(layerOptions)
				if shared[i] {
					opts = append(opts, Shared())
				}
				layers[i] = Layer(layers[i], opts...)
			}
			return CheckWith[T](ctx, options, layers...)
		},
	})
}
