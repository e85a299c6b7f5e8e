// Package check decides whether a service would accept documents, before they are published. A
// [Checker] is one of three:
//
//   - [Program] runs the validator that the service ships, a main function with nacre.CheckMain.
//   - [Type] compiles such a program for a struct of a Go module, with the user's toolchain.
//   - [Schema] validates the merged documents by a JSON Schema, such as describe writes. It does
//     not know the rules that only Go code has.
//
// The documents of all environments go to a checker in one [Request], through a pipe and never
// through files, since they may hold secrets. A [Report] holds no value of a document.
package check
