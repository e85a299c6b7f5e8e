// Package confighttp shows a config to whoever is on call: a page in HTML, the same in JSON, and answers for probes of an orchestrator.
//
//	mux.Handle("/debug/config/", confighttp.Handler(cfg)) // the page; …/json the same for programs
//	mux.Handle("/ready", confighttp.Handler(cfg))         // 200 or 503, with the reasons
//	mux.Handle("/live", confighttp.Handler(cfg))          // 200 as long as the process answers
//
// Nothing is served unless a service mounts it. The last part of the path says what is wanted: ready, live, json, and the page for
// anything else. Only GET and HEAD are answered; nothing can be changed.
//
// # What is shown
//
// The version, whether the service is ready and why not; layers with their freshness, what was rejected or is held and why; what waits
// for a restart; every key with its value, where it comes from and what it overrides; subscribers and resources with their state; the
// last changes with what they changed. Values of secrets are not shown, nor are values of keys that no field of the struct has. **Other
// values are**: mount the page where only those who may see the configuration reach it.
//
// # Safety
//
// Whatever keys, values and errors hold is text on the page. It has no script, needs none, loads nothing, and says so to the browser.
//
// # Concurrency
//
// A handler is safe for concurrent use.
package confighttp
