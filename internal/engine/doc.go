// Package engine runs one config: it holds the newest content of each layer, decides which contents
// make the next version, and makes that version live. What a step does, and what contents would be
// as a version, are packages of their own, which know no engine; see docs/architecture.md.
//
// # Flow
//
// One goroutine per layer, the watcher, calls the source's Next (watch.go), has the content decoded
// (arrive.go, package pipeline) and puts it into the inbox (inbox.go). One goroutine, the writer
// (loop.go), takes it from there (receive.go), waits for the window and decides (decide.go): it
// holds contents that must not be tried (guard.go, package admission), and applies the rest
// (apply.go). An apply evaluates the candidate (package pipeline), builds its resources (build.go),
// makes it live (commit.go, probation.go) and publishes it. No other goroutine changes the state;
// operators and services send the writer commands (command.go).
//
// # Decisions
//
// The candidate consists of the newest content of each layer (candidate.go). If the candidate is
// rejected, the engine looks for the largest good part of the change (partial.go, package search).
// Layers with problems of their own, and layers that the problems name (package blame), keep their
// applied content; the engine adds each other layer if the result is good. The live version
// therefore consists of the newest good contents. The search is limited; contents that it does not
// reach are rejected too (reject.go). The engine evaluates a rejected content again only when
// something else changes.
//
// # Concurrency
//
// All exported functions and methods are safe for concurrent use. Each part of the state has one
// owner: the fields of type writer are those of the writer goroutine; the lock in table guards the
// states of the layers, which the writer changes and Health reads; inbox, history, followers and
// rollout have locks of their own. No lock is held while code of the service, a source or an
// observer runs.
package engine
