package memory_test

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre/providers/memory"
)

func Example() {
	ctx := context.Background()
	m := memory.New("overrides.yaml", []byte("log: {level: info}"))

	content, _ := m.Next(ctx, "") // the zero revision asks for what is there
	fmt.Printf("%s\n", content.Documents[0].Data)

	go m.Set([]byte("log: {level: debug}"))
	content, _ = m.Next(ctx, content.Revision) // blocks until there is something else
	fmt.Printf("%s\n", content.Documents[0].Data)

	m.Remove()
	content, _ = m.Next(ctx, content.Revision)
	fmt.Println("absent:", content.Documents[0].Absent)
	// Output:
	// log: {level: info}
	// log: {level: debug}
	// absent: true
}
