// Package confighttp serves the state of a config over HTTP: a page for people, the same as JSON,
// answers for the probes of an orchestrator, and actions for operators.
//
//	mux.Handle("/debug/config", confighttp.Page(cfg))
//	mux.Handle("/debug/config.json", confighttp.JSON(cfg))
//	mux.Handle("/readyz", confighttp.Ready(cfg))
//	mux.Handle("/livez", confighttp.Live())
//	mux.Handle("/admin/config/", confighttp.Admin(cfg, authorize))
//
// Each of the first four handlers serves one thing, under any path. Paths below it are answered
// with 404, methods other than GET and HEAD with 405. A request changes nothing.
//
// # Actions
//
// [Admin] serves the page with a form for each action: approve, pin, unpin, roll back and refresh.
// Programs send the same as JSON. Each action needs an operator, whom the authorize function of the
// service names, and a reason. Both are recorded in History and events. An action also names what
// the operator saw, a revision or the live version; if that has changed since, the answer is 409
// and nothing is done. docs/admin.md has the details.
//
// # What is shown
//
// [Ready] and [Live] answer with a status and {"ready": true} or {"live": true}, and may be reached
// by anyone.
//
// [Page] and [JSON] show the version and its sum; the instance, and the digest of its struct;
// whether the config is ready, and why not; each layer with its freshness, its revision, and what
// was rejected or is held, with the reasons; keys that wait for a restart; each key with its value,
// its origin and the values that it overrides; subscribers and resources with their last error; and
// the last changes.
//
// Values of secrets are not shown. Neither are values of keys that the struct does not have, values
// of references, or digests from which a secret could be found by trial. **All other values are
// shown**: mount Page and JSON where only people reach them who may see the configuration.
//
// # Safety
//
// The page has no script, and loads nothing; keys, values and errors appear on it as text. Each
// answer has headers that tell the browser so. Page, JSON and Admin answer only requests whose Host
// header names this machine, or a host of [Hosts], so that a web page elsewhere cannot read them
// through the browser of someone who may (DNS rebinding). This check is not a login.
//
// Admin calls authorize for every request, and refuses all of them without one. It refuses an
// action that a page of another origin may have sent, and appears in no frame. It takes the
// operator from authorize, never from the body.
//
// # Concurrency
//
// A handler is safe for concurrent use.
package confighttp
