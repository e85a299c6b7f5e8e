// Package contexts reads and changes the contexts file: for each environment the server, the
// namespace and where the credentials are. It is what kubeconfig is to kubectl.
//
// The file holds no passwords. A context names a variable, a file or a helper program, and
// [Context.Credentials] asks it. The file may name programs, so a file that other users can change
// is an error, and so is a password file that other users can read.
package contexts
