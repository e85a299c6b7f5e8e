//go:build !unix

package chaostest

import "errors"

// The launcher of real servers is for Linux, so nothing asks for these.
func kill(int) error   { return errors.ErrUnsupported }
func halt(int) error   { return errors.ErrUnsupported }
func resume(int) error { return errors.ErrUnsupported }
