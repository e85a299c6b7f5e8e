//go:build !unix

package env_test

import "errors"

func mkfifo(string) error { return errors.ErrUnsupported }
