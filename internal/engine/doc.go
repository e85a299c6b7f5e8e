// Package engine runs one config. It holds the newest content of each layer, decides which contents
// make the next version, and takes that version through the steps. Each step is a package of its
// own and imports no other step. The steps meet in one function, Engine.apply, which reads like the
// flow.
//
// # Flow
//
// One goroutine per layer, the watcher, calls the source's Next (watch.go), decodes the content
// that it returns (decode.go) and puts it into the inbox. One goroutine, the writer (loop.go),
// takes it from the inbox, waits for the window, decides (decide.go) and applies (apply.go). No
// other goroutine changes the state.
//
// # Decisions
//
// The candidate consists of the newest content of each layer. If the candidate is rejected, the
// engine looks for the largest good part of the change. Layers with problems of their own, and
// layers that the problems name (blame.go), keep their applied content; the engine adds each other
// layer if the result is good (partial.go). The live version therefore consists of the newest good
// contents. The search is limited; contents that it does not reach are rejected too. The engine
// evaluates a rejected content again only when something else changes.
//
// # Concurrency
//
// All exported functions and methods are safe for concurrent use. Engine.mu guards what Health and
// History show. The engine never holds it while code of the service, a source or an observer runs.
package engine
