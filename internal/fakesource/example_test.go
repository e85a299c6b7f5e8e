package fakesource_test

import (
	"context"
	"fmt"
	"time"

	"github.com/nacre-go/nacre/internal/fakesource"
	"github.com/nacre-go/nacre/source"
)

// A source whose wake-up is lost.
func Example() {
	s := fakesource.New("nacos")
	s.PutYAML("orders.yaml", "db: {pool: 5}")
	content, _ := s.Next(context.Background(), "")
	fmt.Printf("%s\n", content.Documents[0].Data)

	s.DropWakeups(1)
	s.Reconcile(time.Millisecond) // the source finds the change without a wake-up
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
