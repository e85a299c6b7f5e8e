// Package profile names the documents of profiles, as Spring does: application-prod.yaml for the
// profile prod of application.yaml.
package profile
