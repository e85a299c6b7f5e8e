// Package terminal decides whether a stream is a terminal and whether to color what goes there, by
// the conventions NO_COLOR (no-color.org), CLICOLOR_FORCE and TERM=dumb.
package terminal
