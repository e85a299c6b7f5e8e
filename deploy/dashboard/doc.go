// Command dashboard writes the dashboard of nacre for Grafana:
//
//	go -C deploy run ./dashboard
//
// It writes deploy/grafana/nacre.json, in the classic JSON that Grafana 10 and later import. The
// metrics are those of docs/metrics.md.
//
// The tests hold that the committed file is what the program writes, that every expression is valid
// PromQL, and that the file follows the rules of grafana/dashboard-linter that apply to it. They
// also compare the alerts of deploy/prometheus with docs/metrics.md and docs/runbook.md.
package main
