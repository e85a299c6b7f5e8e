package rpc

import (
	"context"
	"errors"
	"net/http"
	"strconv"
)

// Code is the status of a call, with the numbers of gRPC
// (https://grpc.io/docs/guides/status-codes). As an error it says the code alone: what the server
// said beside it may quote what was sent, and is not read.
type Code uint32

// The codes that this package returns by itself, and those that a caller may want to tell apart.
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

// Error returns the code in words.
func (c Code) Error() string {
	if s, ok := codeNames[c]; ok {
		return "rpc: " + s
	}
	return "rpc: code " + strconv.FormatUint(uint64(c), 10)
}

// failed makes a code of what the network or the context says.
func failed(ctx context.Context, err error) error {
	var c Code
	switch {
	case errors.As(err, &c):
		return c
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded):
		return DeadlineExceeded
	case ctx.Err() != nil:
		return Canceled
	}
	return Unavailable
}

// ofHTTP is the code for an answer that is not gRPC's, from a proxy for example: the table of
// gRPC's "HTTP to gRPC Status Code Mapping".
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
		return Internal // it broke off, or it is not gRPC
	case n == 0:
		return nil
	}
	return Code(n)
}
