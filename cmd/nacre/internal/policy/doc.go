// Package policy decides whether a change may be made: what the team has written down in a policy
// file of the repository. It looks at names and numbers, never at values.
//
//	version: 1
//	freezes:
//	- name: holidays
//	  from: 2026-12-23T18:00:00+01:00
//	  until: 2027-01-02T06:00:00+01:00
//	- name: weekends
//	  days: [sat, sun]
//	  between: 00:00-24:00
//	  zone: Europe/Berlin           # default UTC
//	protected:
//	- name: database
//	  keys: ["db.*", "*.password"]  # * is any text
//	  documents: [orders.yaml]      # default: all
//	  why: ask the team of the database
//	- name: routes
//	  documents: [routes.txt]       # without keys: each change of it; a named one is not deleted
//	limits:
//	  documents: 10                 # that change in one release
//	  keys: 50                      # that change in one release
//	  removed_keys: 0               # default: no limit; 0 forbids removals
//	  deletions: 0                  # documents that are deleted; 0 forbids deletions
//
// Each rule has a name, and a person may override it by that name, which the record of the release
// keeps with the reason. The limits are named max-documents, max-keys, removed-keys and
// deletions.
package policy
