package rpc

import "errors"

// streamRefused reports whether the server refused a stream before it processed anything of it, as
// it does while it lowers its limit of streams: then the caller may repeat it (RFC 9113, 8.7).
func streamRefused(err error) bool {
	const refusedStream = 7
	// net/http fills in any struct of this form.
	var e streamError
	return errors.As(err, &e) && e.Code == refusedStream
}

type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

// Error makes streamError a target of errors.As.
func (streamError) Error() string { return "rpc: stream error" }
