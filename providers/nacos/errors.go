package nacos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/nacre-go/nacre/source"
)

// Every error that a user can see, each with its kind and the one fix. Texts hang on the cause alone, never on the count
// of tries or on a time, so that the same trouble reads the same and wakes nobody twice. No text of the server or of a
// library goes in: it may quote what was sent.

func errBadConfig(problems []string) error {
	return InvalidConfig.failAs("dial", "nacos", strings.Join(problems, "; "))
}

// errPlainServer is a problem of a Config.
var errPlainServer = errors.New("is http though TLS is set; write https, or set Plaintext (NACOS_PLAINTEXT=true) if its HTTP has no TLS and the network is trusted")

// errNoTLS is for a server whose HTTP speaks no TLS.
func errNoTLS(op string, a address) error {
	e := Unreachable.failAs(op, a.String(), fmt.Sprintf("port %d speaks HTTP without TLS", a.port))
	e.Fix = "turn TLS on for the server's HTTP, or in front of it; where gRPC alone has TLS and the network is trusted, set Config.Plaintext, or NACOS_PLAINTEXT=true"
	return e
}

func errNoHost(a address) error { return HostUnknown.fail("connect to", a.String()) }

// errNotReachable is for a dial or request that had no answer; only what kind of error it was is used.
func errNotReachable(a address, err error) error {
	cause := Unreachable
	var dns *net.OpError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		cause = ConnectionRefused
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &dns) && dns.Timeout():
		cause = NoResponse
	}
	return cause.fail("connect to", a.String())
}

func errGRPCShut(a address) error {
	e := GRPCPortClosed.failAs("connect to", a.String(), fmt.Sprintf("port %d is open, but not the gRPC port %d", a.port, a.grpcPort()))
	e.Fix = fmt.Sprintf("open port %d too, in the firewall, the container and the service: Nacos 2 and later need both; where it is mapped to another one, name that by ?grpc=port", a.grpcPort())
	return e
}

func errNoGRPC(a address) error {
	return NotNacos.failAs("connect to", a.String(), fmt.Sprintf("port %d does not speak the gRPC of Nacos", a.grpcPort()))
}

// errNoHTTP2 is for a program that has turned HTTP/2 off in net/http.
func errNoHTTP2(a address) error {
	e := InvalidConfig.failAs("connect to", a.String(), "HTTP/2 is turned off in this program")
	e.Fix = "take http2client=0 out of GODEBUG, or the tag nethttpomithttp2 out of the build: gRPC needs it"
	return e
}

func errNoAnswer(a address) error { return NoResponse.fail("ask", a.String()) }

func errLost(a address) error { return ConnectionLost.fail("ask", a.String()) }

func errSilent(a address) error { return ServerUnresponsive.fail("ask", a.String()) }

func errNotReady(a address) error { return NotReady.fail("ask", a.String()) }

func errUnregistered(a address) error { return ConnectionForgotten.fail("ask", a.String()) }

func errReset(a address) error { return Redirected.fail("ask", a.String()) }

// ops say what a request is for.
var ops = map[string]string{typeQuery: "read", typePublish: "publish", typeRemove: "delete", typeListen: "listen to"}

func opOf(typ string) string {
	if op, ok := ops[typ]; ok {
		return op
	}
	return "ask"
}

func errAnswer(document, op string, code int) error {
	cause := BadResponse
	switch code {
	case codeNoHandler:
		cause = NotSupported
	case codeDuplicate:
		cause = Duplicate
	case codeFailed:
		cause = ServerFailed
	}
	return cause.failAs(op, document, fmt.Sprintf("the server answered with code %d", code))
}

func errTooLarge(document string) error { return TooLarge.fail("ask", document) }

func errRefused(a address) error { return RequestRefused.fail("ask", a.String()) }

func errBadLogin(a address) error { return BadCredentials.fail("login to", a.String()) }

func errLoginAnswer(a address) error {
	e := NotNacos.failAs("login to", a.String(), "the answer is not that of a Nacos")
	e.Fix = "check that address and ContextPath are those of Nacos' HTTP interface"
	return e
}

// denied says why a request was refused, as far as the server's message tells.
func (s *session) denied(a address, document, message string) error {
	cause := PermissionDenied
	switch {
	case s.settings.signer != nil && !s.auth.needed():
		cause = SignatureRefused
	case !s.auth.needed():
		cause = CredentialsMissing
	case strings.Contains(strings.ToLower(message), "token"):
		cause = TokenRefused
	}
	return cause.fail("ask", place(document, a))
}

func place(document string, a address) string {
	if document == "" {
		return a.String()
	}
	return document
}

func errNotFound(k Key) error { return ConfigMissing.fail("read", k.String()) }

func errCorrupt(document string) error { return ContentCorrupt.fail("read", document) }

func errModifying(document string) error { return ContentChanging.fail("read", document) }

func errBadKey(k Key, problems []string) error {
	return InvalidName.failAs("name", k.String(), strings.Join(problems, "; "))
}

func errNoFormat(k Key) error { return FormatUnknown.fail("read", k.String()) }

func errClosed(what string) error { return ClientClosed.fail("use", what) }

func errConflict(k Key) error { return CompareFailed.fail("publish", k.String()) }

func errBadContent(k Key, cause Code, text, fix string) error {
	e := cause.failAs("publish", k.String(), text)
	e.Fix = fix
	return e
}

// all joins what each server of a round said into one error of the most telling kind, in an order that does not hang on
// which server was tried first.
func all(servers []address, byServer map[address]error) error {
	if len(byServer) == 1 {
		for _, err := range byServer {
			return err
		}
	}
	var errs []error
	for _, a := range servers {
		if err := byServer[a]; err != nil {
			errs = append(errs, err)
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	kind := source.Unavailable
	for _, err := range errs {
		if source.KindOf(err) == source.PermissionDenied {
			kind = source.PermissionDenied
		}
	}
	return &source.Error{Kind: kind, Op: "connect to", Document: names(servers), Err: errors.Join(errs...)}
}
