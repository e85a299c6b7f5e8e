package resource

import (
	"fmt"
	"runtime/debug"
)

// errGone is what becomes of a function that does not return.
var errGone = &Panic{Value: "the function ended its goroutine"}

// Protect calls f in a goroutine of its own and makes a panic, and an end of the goroutine, into an error.
func Protect(f func() error) error {
	ended := make(chan error, 1)
	go func() {
		var err error = errGone // unless it returns
		defer func() {
			if v := recover(); v != nil {
				err = &Panic{Value: text(v), Stack: string(debug.Stack())}
			}
			ended <- err
		}()
		err = f()
	}()
	return <-ended
}

// guard calls f and makes a panic into an error.
func guard(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{Value: text(v), Stack: string(debug.Stack())}
		}
	}()
	f()
	return nil
}

// text is v as text; a value whose own String method panics has none.
func text(v any) (t string) {
	defer func() {
		if recover() != nil {
			t = "a value that cannot be printed"
		}
	}()
	return fmt.Sprint(v)
}
