// Package exit decides the exit code of a command. The codes are few and stable, so that scripts
// can act on them. [Of] derives the code from the kind of an error of the library, and [With] sets
// it for an error without such a kind.
package exit
