package rpc

import "errors"

// refused reports whether the other side took a stream back without looking at it, as it does while
// it changes its mind about how many there may be: then it may be begun again (RFC 9113, 8.7).
func refused(err error) bool {
	const refusedStream = 7
	// net/http fills any struct of this form.
	var e streamError
	return errors.As(err, &e) && e.Code == refusedStream
}

type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

// Error makes a streamError what errors.As may look for.
func (streamError) Error() string { return "rpc: stream error" }
