// Command hello imports no library for configuration: what other programs weigh is weighed over it.
package main

import "fmt"

func main() { fmt.Println("hello") }
