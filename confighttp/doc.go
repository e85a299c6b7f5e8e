// Package confighttp serves the state of a config over HTTP: a page for people, the same as JSON,
// and answers for the probes of an orchestrator.
//
//	mux.Handle("/debug/config", confighttp.Page(cfg))
//	mux.Handle("/debug/config.json", confighttp.JSON(cfg))
//	mux.Handle("/readyz", confighttp.Ready(cfg))
//	mux.Handle("/livez", confighttp.Live())
//
// Each handler serves one thing, under any path. Paths below it are answered with 404, methods
// other than GET and HEAD with 405. A request changes nothing.
//
// # What is shown
//
// [Ready] and [Live] answer with a status and {"ready": true} or {"live": true}, and may be reached
// by anyone.
//
// [Page] and [JSON] show the version and its sum; whether the config is ready, and why not; each
// layer with its freshness, its revision, and what was rejected or is held, with the reasons; keys
// that wait for a restart; each key with its value, its origin and the values that it overrides;
// subscribers and resources with their last error; and the last changes.
//
// Values of secrets are not shown. Neither are values of keys that the struct does not have, values
// of references, or digests from which a secret could be found by trial. **All other values are
// shown**: mount Page and JSON where only people reach them who may see the configuration.
//
// # Safety
//
// The page has no script, and loads nothing; keys, values and errors appear on it as text. Each
// answer has headers that tell the browser so. Page and JSON answer only requests whose Host header
// names this machine, or a host of [Hosts], so that a web page elsewhere cannot read them through
// the browser of someone who may (DNS rebinding). This check is not a login.
//
// # Concurrency
//
// A handler is safe for concurrent use.
package confighttp
