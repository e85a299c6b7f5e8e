// Package repository reads configuration that is kept as code: a folder, usually of a Git
// repository, with a file nacre.yaml and the documents that it names.
//
//	nacre.yaml                     which documents each environment has
//	base/orders.yaml               what all environments have in common
//	base/limits.yaml
//	environments/prod/orders.yaml  what only prod has: it takes the place of base/orders.yaml
//
// nacre.yaml:
//
//	version: 1
//	documents:                     # of all environments
//	- file: limits.yaml
//	- file: orders.yaml
//	  group: ORDERS                # default: that of the environment
//	  data_id: orders.yaml         # default: the name of the file
//	  type: yaml                   # default: by the extension
//	  schema: schema/orders.json
//	  stage: 2                     # published after those of stage 1; default 1
//	- file: orders.routes.yaml
//	  kind: routes                 # a routing document, whose rules are checked
//	- file: "routes/*.yaml"        # a pattern stands for all files that match it
//	manifest:                      # the document that lists the others, published last
//	  data_id: release.yaml
//	  audience:
//	  - {namespace: prod, group: "*", service: orders}
//	  expires: 30d
//	environments:
//	  prod:
//	    context: prod              # in the contexts file; default: the name of the environment
//	    group: DEFAULT_GROUP       # default: that of the context
//	    overlay: environments/prod # default
//	    documents: []              # more documents, or others in place of those above
//	    manifest: {data_id: release.yaml, signed: true}
//	    policy: policy.yaml
//
// # What is published
//
// A document is one file, byte for byte. Files are neither templates nor merged.
// A file of the overlay takes the place of the base file with the same name. To merge keys, publish
// two documents, and read them as two layers. Secrets stay out of the files: a value such as
// ${file:/run/secrets/db} refers to one.
//
// # Errors
//
// nacre.yaml is read strictly. An error is a [source.Problems] with everything that is wrong, each
// with file and line. No error has a value of a document. A file outside of the folder, or a link
// that leads there, is an error.
package repository
