package rescue

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// Panic is the error of a function that panicked or ended its goroutine.
type Panic struct {
	Value string // the panic's value as text
	Stack string
	Own   bool // there was no panic; Value is text of this module that says what happened
}

// Error returns "panic: value".
func (p *Panic) Error() string { return "panic: " + p.Value }

// NewPanic returns the error for what recover returned, with the stack of the caller.
func NewPanic(v any) *Panic { return &Panic{Value: text(v), Stack: string(debug.Stack())} }

// text returns v as text, or a fixed text if the String method of v panics.
func text(v any) (t string) {
	defer func() {
		if recover() != nil {
			t = "a value that cannot be printed"
		}
	}()
	return fmt.Sprint(v)
}

// ErrGone is the error of a function that ended its goroutine.
var ErrGone = &Panic{Value: "the function ended its goroutine", Own: true}

// Do calls f in a new goroutine and waits for it. If f panics or ends the goroutine, Do returns an
// error of type *Panic.
func Do(f func() error) error {
	ended := make(chan error, 1)
	go func() {
		var err error = ErrGone // unless it returns
		defer func() {
			if v := recover(); v != nil {
				err = NewPanic(v)
			}
			ended <- err
		}()
		err = f()
	}()
	return <-ended
}

// ErrSlow is the error of Within for a function that has not returned in time.
var ErrSlow = errors.New("not finished in time")

// Within is like Do for a function with a result, and waits for at most d or until ctx ends. The
// context that f gets then ends too. Within drops what f returns later.
func Within[R any](ctx context.Context, d time.Duration, f func(ctx context.Context) (R, error)) (R, error) {
	type answer struct {
		value R
		err   error
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	done := make(chan answer, 1)
	go func() {
		defer cancel()
		var a answer
		a.err = Do(func() (err error) {
			a.value, err = f(ctx)
			return err
		})
		done <- a
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
	}
	select {
	case a := <-done: // both were ready
		return a.value, a.err
	default:
		var none R
		return none, ErrSlow
	}
}
