package source_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/nacre-go/nacre/source"
)

// Both the kind of an error and its cause can be asked for.
func ExampleError() {
	err := error(&source.Error{
		Kind: source.NotFound, Op: "read", Document: "orders.yaml", Err: fs.ErrNotExist, Fix: "publish it, or make the layer optional",
	})
	fmt.Println(err)
	fmt.Println(errors.Is(err, source.NotFound), errors.Is(err, fs.ErrNotExist))
	// Output:
	// read orders.yaml: not found: file does not exist (publish it, or make the layer optional)
	// true true
}

func ExampleKindOf() {
	fmt.Println(source.KindOf(context.DeadlineExceeded))
	fmt.Println(source.KindOf(fmt.Errorf("reading: %w", fs.ErrPermission)))
	// Output:
	// timeout
	// permission denied
}

func ExampleProblem() {
	fmt.Println(&source.Problem{
		Kind: source.UnknownKey, Key: "db.pol", Suggest: "db.pool",
		Position: source.Position{Layer: "nacos", Document: "orders.yaml", Line: 7, Column: 12},
	})
	// Output: orders.yaml:7:12 (nacos) db.pol: unknown key, did you mean db.pool?
}

func ExampleFormatOf() {
	fmt.Println(source.FormatOf("conf.d/10-orders.yml"), source.FormatOf(".env.local"))
	// Output: yaml dotenv
}

// Poll makes a source of any function that reads; see docs/writing-a-source.md for one that asks an
// HTTP server.
func ExamplePoll() {
	s := source.Poll("constant", 0, func(context.Context) (source.Content, error) {
		return source.Content{
			Revision:  "1",
			Documents: []source.Document{{Name: "constant.yaml", Format: source.FormatYAML, Data: []byte("log: {level: info}")}},
		}, nil
	})
	content, _ := s.Next(context.Background(), "")
	fmt.Printf("%s at %s: %s\n", content.Documents[0].Name, content.Revision, content.Documents[0].Data)
	// Output: constant.yaml at 1: log: {level: info}
}
