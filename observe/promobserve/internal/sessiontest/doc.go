// Package sessiontest has tests of promnacos with a client and a server in the process. They are
// not in its folder, since a user of promnacos would need the modules of the server for them in
// go.sum.
package sessiontest
