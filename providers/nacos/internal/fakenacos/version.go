package fakenacos

import (
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What differs between a Nacos 2.3.2 and a 3.0.3 and belongs to neither gRPC nor HTTP alone. The
// rest is in the files whose names end with _v3. Both have the same store behind other doors.

// isThree reports whether a version is that of a Nacos 3.
func isThree(version string) (bool, error) {
	switch version {
	case "", "2.3":
		return false, nil
	case "3.0":
		return true, nil
	}
	return false, fmt.Errorf(`nacostest: there are the versions "2.3" and "3.0", not %q`, version)
}

// versionName is what the server says about itself.
func (s *Server) versionName() string {
	if s.three {
		return "3.0.3"
	}
	return "2.3.2"
}

// tooLarge is the end of a request with too large a message.
func (s *Server) tooLarge(size int) error {
	if s.three {
		return status.Error(codes.ResourceExhausted, fmt.Sprintf("gRPC message exceeds maximum size %d: %d", s.opts.MaxMessage, size))
	}
	return status.Error(codes.Canceled, "stream terminated by RST_STREAM with error code: CANCEL")
}

// deniedText returns a reason in the words of the version; "" stays "".
func (s *Server) deniedText(denied string) string {
	code := 401
	switch {
	case !s.three || denied == "":
		return denied
	case denied == denyForbidden:
		code = 403
	case denied == denyNoUser:
		denied = "User not found! Please check user exist or password is right!"
	}
	return fmt.Sprintf("Code: %d, Message: %s.", code, denied)
}
