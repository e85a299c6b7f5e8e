// Package deploy has no code. Its folders hold what an operator of a service that uses nacre
// installs: rules for Prometheus, an example for Alertmanager and a dashboard for Grafana. Its
// tests compare them with the documents.
package deploy
