package env_test

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre/providers/env"
)

func ExampleNew() {
	s := env.New("ORDERS", env.Environ(func() []string { // in a service: env.New("ORDERS")
		return []string{"PATH=/bin", "ORDERS_DB_POOL_SIZE=20", "ORDERS_HOSTS=a,b"}
	}))
	content, err := s.Next(context.Background(), "")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q\n", content.Documents[0].Data) // the engine finds the keys of these names
	// Output: "DB_POOL_SIZE<ORDERS_DB_POOL_SIZE=20\x00HOSTS<ORDERS_HOSTS=a,b\x00"
}

func ExampleOnly() {
	s := env.New("ORDERS", env.Only("ORDERS_DB_*"), env.Ignore("ORDERS_DB_DEBUG"), env.Environ(func() []string {
		return []string{"ORDERS_DB_POOL=20", "ORDERS_DB_DEBUG=1", "ORDERS_ADDR=:80"}
	}))
	content, _ := s.Next(context.Background(), "")
	fmt.Printf("%q\n", content.Documents[0].Data)
	// Output: "DB_POOL<ORDERS_DB_POOL=20\x00"
}
