// Command cobra is a program of cobra and pflag whose flags come from the struct of its
// configuration.
//
//	go -C examples/frameworks run ./cobra --help
//	go -C examples/frameworks run ./cobra --server.timeout 5s --hosts a,b
package main
