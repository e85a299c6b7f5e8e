package rpc

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Code is the status of a call, with the numbers of gRPC
// (https://grpc.io/docs/guides/status-codes). As an error it has the text of the code alone: the
// server's own text may quote what was sent, and is not read.
type Code uint32

// The codes that this package returns itself, and those that callers handle.
const (
	Canceled          Code = 1
	Unknown           Code = 2
	DeadlineExceeded  Code = 4
	PermissionDenied  Code = 7
	ResourceExhausted Code = 8
	Unimplemented     Code = 12
	Internal          Code = 13
	Unavailable       Code = 14
	Unauthenticated   Code = 16
)

var codeNames = map[Code]string{
	Canceled: "cancelled", Unknown: "unknown", DeadlineExceeded: "deadline exceeded", PermissionDenied: "permission denied",
	ResourceExhausted: "too large or too many", Unimplemented: "not implemented", Internal: "protocol violated", Unavailable: "unavailable",
	Unauthenticated: "not authenticated",
}

// Error returns the text of the code.
func (c Code) Error() string {
	if s, ok := codeNames[c]; ok {
		return "rpc: " + s
	}
	return "rpc: code " + strconv.FormatUint(uint64(c), 10)
}

// failed returns the code for an error of the network or the context.
func failed(ctx context.Context, err error) error {
	var c Code
	switch {
	case errors.As(err, &c):
		return c
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded) || isOver(ctx):
		return DeadlineExceeded
	case ctx.Err() != nil:
		return Canceled
	}
	return Unavailable
}

// isOver reports whether the deadline of ctx has come, to the millisecond in which a server counts:
// it may give up a call a moment before the timer of ctx ends it here.
func isOver(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) <= time.Millisecond
}

// ofHTTP returns the code for an answer that is not gRPC, such as a proxy's, after the table "HTTP
// to gRPC Status Code Mapping" of gRPC.
func ofHTTP(status int) Code {
	switch status {
	case http.StatusBadRequest:
		return Internal
	case http.StatusUnauthorized:
		return Unauthenticated
	case http.StatusForbidden:
		return PermissionDenied
	case http.StatusNotFound:
		return Unimplemented
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return Unavailable
	}
	return Unknown
}

// ofTrailer reads the status at the end of a call. Nil is success.
func ofTrailer(h http.Header) error {
	n, err := strconv.ParseUint(h.Get("Grpc-Status"), 10, 32)
	switch {
	case err != nil:
		return Internal // truncated, or not gRPC
	case n == 0:
		return nil
	}
	return Code(n)
}
