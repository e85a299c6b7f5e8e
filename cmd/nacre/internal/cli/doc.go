// Package cli holds the commands of nacre. [Main] runs one command line with an [Env], which has
// the streams, the variables and the signals that the command uses: nothing here reads a global
// of the process, so that tests run commands in parallel.
//
// Data goes to [Env].Out, and everything else to [Env].Err. An error is printed once, with the
// fix, and its kind decides the exit code; see [Code].
package cli
