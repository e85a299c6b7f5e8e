// Package apicheck reads the exported API of a module and checks it.
//
// # What
//
// [Load] reads the packages that a user of the module can import. [API.Names] lists what they
// export: package-level names, methods, fields and methods of interfaces, each as one line of text.
// [Compare] compares two such lists and tells incompatible changes from additions. [API.Foreign]
// finds types in public signatures that do not belong there: those of internal packages, and those
// of other modules.
//
// # Limits
//
// Load needs the go command and the required modules; it does not need a network. It reads what is
// compiled for the current platform. The lists hold no unexported names, so a change that only
// those make, such as a struct that can no longer be compared, is left to apidiff, which ci/api.sh
// runs as well.
package apicheck
