// Package describe documents what the struct of a config accepts: as a table in Markdown for
// people, and as a JSON Schema for editors and other tools. Both come from the tags that bind and
// validate, so they cannot be out of date.
//
//	d, err := describe.Of[Config]()
//	…
//	os.WriteFile("docs/config.md", []byte(d.Markdown()), 0o644)
//	os.WriteFile("orders.schema.json", d.Schema(), 0o644)
//
// A schema cannot express everything that the tags can. It is never stricter than the config: a
// document that the config accepts is valid by the schema. To check a document completely, call
// [github.com/nacre-go/nacre.Check].
//
// # Concurrency
//
// A Description is immutable and safe for concurrent use.
package describe
