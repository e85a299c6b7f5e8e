package env_test

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre/providers/env"
	"github.com/nacre-go/nacre/source"
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
	variables, _ := source.Variables(content.Documents[0].Data)
	for _, v := range variables {
		fmt.Println(v.Name, "sets", v.Key)
	}
	// Output:
	// ORDERS_DB_POOL_SIZE sets DB_POOL_SIZE
	// ORDERS_HOSTS sets HOSTS
}

func ExampleOnly() {
	s := env.New("ORDERS", env.Only("ORDERS_DB_*"), env.Ignore("ORDERS_DB_DEBUG"), env.Environ(func() []string {
		return []string{"ORDERS_DB_POOL=20", "ORDERS_DB_DEBUG=1", "ORDERS_ADDR=:80"}
	}))
	content, _ := s.Next(context.Background(), "")
	variables, _ := source.Variables(content.Documents[0].Data)
	fmt.Println(len(variables), variables[0].Name)
	// Output: 1 ORDERS_DB_POOL
}
