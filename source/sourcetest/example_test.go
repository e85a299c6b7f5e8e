package sourcetest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

// A scripted source whose wake-up is lost.
func ExampleScripted() {
	s := sourcetest.NewScripted("nacos")
	s.PutYAML("orders.yaml", "db: {pool: 5}")
	content, _ := s.Next(context.Background(), "")
	fmt.Printf("%s\n", content.Documents[0].Data)

	s.DropWakeups(1)
	s.Reconcile(time.Millisecond) // it finds the change by itself
	s.PutYAML("orders.yaml", "db: {pool: 6}")
	content, _ = s.Next(context.Background(), content.Revision)
	fmt.Printf("%s\n", content.Documents[0].Data)

	s.FailKind(source.Unavailable)
	_, err := s.Next(context.Background(), content.Revision)
	fmt.Println(err)
	// Output:
	// db: {pool: 5}
	// db: {pool: 6}
	// read nacos: unavailable: the script says so
}

// Check returns what is broken as values.
func ExampleCheck() {
	for _, v := range sourcetest.Check(func() sourcetest.Harness {
		s := sourcetest.NewScripted("a name of several words")
		return sourcetest.Harness{
			Source: s.Reader,
			Put: func(_ context.Context, v sourcetest.Values) error {
				s.PutTree("orders", v.Tree())
				return nil
			},
		}
	}, "NameIsAlwaysTheSame") {
		fmt.Println(v.Case+":", v.What)
		fmt.Println(v.Rule)
	}
	// Output:
	// NameIsAlwaysTheSame: Name is not one short word
	// rule 9 of package source: Name is one short word, the same always
}
