// Package confighttp shows a config to whoever is on call: a page in HTML, the same in JSON, and answers for probes of an orchestrator.
//
//	mux.Handle("/debug/config/", confighttp.Handler(cfg)) // the page; …/json the same for programs
//	mux.Handle("/ready", confighttp.Probes(cfg))          // 200 or 503
//	mux.Handle("/live", confighttp.Probes(cfg))           // 200 as long as the process answers
//
// Nothing is served unless a service mounts it. The last part of the path says what is wanted: ready, live, json, and the page for
// anything else. Only GET and HEAD are answered; nothing can be changed.
//
// # What is shown
//
//   - ready: whether the service should take traffic, as the status and one word. No reason, version, sum or name: probes are open to
//     whoever reaches the port. The reasons are on the page and in [observe.Health].
//   - live: that the process answers.
//   - json and the page: the version and its sum, whether the service is ready and why not; layers with their identity, freshness and
//     revisions, what was rejected or is held and why; what waits for a restart; every key with its value, where it comes from and
//     what it overrides; subscribers and resources with their state and last error; the last changes with what they changed.
//
// Values of secrets are not shown, nor are values of keys that no field of the struct has, what references stand for, and digests
// from which a secret could be found. **Other values are**: mount [Handler] where only those who may see the configuration reach it.
// [Probes] has ready and live alone, for a port that all can reach.
//
// # Safety
//
// Whatever keys, values and errors hold is text on the page. It has no script, needs none, loads nothing, and says so to the browser.
// So does every other answer. The page and the JSON are served only to requests whose Host header names this machine or a host of
// [Hosts], so that a web page elsewhere cannot read them through the browser of someone who can (DNS rebinding). Ready and live are
// served under any name. Neither check is a login.
//
// # Concurrency
//
// A handler is safe for concurrent use.
package confighttp
