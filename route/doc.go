// Package route decides which documents an instance of a service has. A routing document lists
// rules; the first rule that matches the service, the version and the labels of an instance names
// the documents. The package computes and does no I/O: package nacos has a source that keeps an
// instance on the documents of its route.
//
//	services: [orders, billing]
//	labels:
//	  zone: [a, b]
//	common:
//	  - {data_id: common.yaml, allow_unknown: true}
//	rules:
//	  - name: canary
//	    match: {service: orders, version: v2.3.*, labels: {zone: a}, percentage: 10}
//	    documents: ["{{.Service}}.yaml", "{{.Service}}-next.yaml"]
//	  - documents: ["{{.Service}}.yaml", {data_id: "{{.Service}}-{{.Labels.zone}}.yaml", optional: true}]
//
// # Routing documents
//
// A routing document is YAML or JSON, and strict: an unknown key is an error.
//
//	services   the services that the document is for; empty or not there: all
//	labels     the labels that rules and templates may use, and the values of each; an empty
//	           list allows every value
//	common     documents of every instance, below those of its rule
//	rules      the rules, in order; the first that matches an instance decides
//
// A rule has a name, which is optional and of no other rule, the conditions under match, and its
// documents. All conditions must hold; a condition with a list holds if one of the values does. A
// rule without match matches every instance.
//
//	service      names of services
//	version      patterns of versions, such as "v2.3.*", at most 32; see [Pattern]
//	profile      profiles
//	labels       for each label, its values
//	percentage   the share of the instances, from 0 to 100; see [Bucket]
//	salt         what a percentage is drawn with; default: the name of the rule
//
// A document is a data ID, or a map:
//
//	data_id         the data ID, a template
//	group           the group, a template; default: that of the routing document
//	namespace       the namespace, a template; default: that of the routing document
//	format          the format; default: by the extension of the data ID
//	optional        whether the instance does without the document if it does not exist
//	allow_unknown   whether the document may have keys that the service does not know
//
// A later document overrides an earlier one. In a template, {{.Service}}, {{.Version}}, {{.Major}},
// {{.Minor}}, {{.Patch}}, {{.Profile}}, {{.Namespace}} and {{.Labels.zone}} stand for what the
// instance has; see [Expand].
//
// # Errors
//
// Parse reports every mistake, each with its line: a label or a service that is not declared, a
// rule that can never match because an earlier one matches all of its instances, and two rules that
// match the same instances. A rule that two earlier rules hide together is not found. Errors name
// keys, rules, labels and services, which are not secret.
//
// # Concurrency
//
// A Table is immutable. All functions are safe for concurrent use.
//
// # Limits
//
// A routing document has at most 1 MiB and 1000 rules, and a set at most 100 documents.
package route
