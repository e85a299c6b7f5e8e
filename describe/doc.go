// Package describe writes down what a config's struct accepts: a table in Markdown for people, and
// a JSON Schema for editors and other tools. Both are made from the tags that bind and validate, so
// they cannot be out of date.
//
//	d, err := describe.Of[Config]()
//	…
//	os.WriteFile("docs/config.md", []byte(d.Markdown()), 0o644)
//	os.WriteFile("orders.schema.json", d.Schema(), 0o644)
//
// A schema cannot say all that the tags can. What it says is never stricter than the config: a
// document that the config takes fits its schema. [github.com/nacre-go/nacre.Check] is the judge of
// a document.
//
// # Concurrency
//
// A Description is immutable and safe for concurrent use.
package describe
