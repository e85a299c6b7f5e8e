// Package engine runs a config: it keeps the layers' newest contents, decides which of them make
// the next version, and takes that version through the steps. The steps are packages of their own
// and don't know each other; they meet in one function, Engine.apply, which reads like the flow.
//
// # Flow
//
// One goroutine a layer calls the source's Next (watch.go), decodes what it returns (decode.go) and
// leaves it in the inbox. One goroutine, the writer (loop.go), takes it from there, waits for the
// group-commit window, decides (decide.go) and applies (apply.go). Nothing else changes a state.
//
// # What is decided
//
// The candidate is the newest content of every layer. If it is refused, the change as a whole is
// not lost for one bad part: the layers that are wrong by themselves, and those that the problems
// name (blame.go), keep their applied content; every other layer is added for as long as the result
// is good (partial.go). So the live version is the fold of the newest good contents. The search has
// a limit; what it does not get to is refused too. A content that was refused is tried again only
// when something else changes.
//
// # Concurrency
//
// Everything exported is safe for concurrent use. mu guards what Health and History show; it is
// never held while code of the service, a source or an observer runs.
package engine
