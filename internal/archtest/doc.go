// Package archtest holds the rules of this repository and the code that checks them.
//
// # What
//
// The rules are data: [Rules] lists which package may import what, what no package may ever reach,
// and how a file must look. [Load] reads the module, with "go list" for what is compiled and by
// parsing for what is written; [Check] compares the two and returns a [Finding] for each place that
// breaks a rule, with the reason that the rule has. The test of this package runs both on the
// module, so that a broken rule is a failing test.
//
// # How to change a rule
//
// Change its row in table.go and the reason next to it, in a commit of its own. Then run "go test
// ./internal/archtest -run Tables -update", which writes the tables in the docs. An exception is a
// row with a reason too; one that nothing needs any longer is itself a finding, so that exceptions
// do not outlive their cause.
//
// # Limits
//
// Load needs the go command and the modules that the module requires; it does not need a network.
// Files are read whatever their build constraints are; what is compiled is looked at for linux,
// darwin and windows on amd64.
package archtest
