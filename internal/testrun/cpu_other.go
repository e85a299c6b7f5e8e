//go:build !unix

package testrun

import "time"

var began = time.Now()

// CPU returns the time since the process began, where its processor time is not known.
func CPU() time.Duration { return time.Since(began) }
