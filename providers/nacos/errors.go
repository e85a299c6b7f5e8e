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

// The errors that users see. A text depends on the code alone, never on a number of attempts or on
// a time, so that the same trouble has the same text and wakes no source twice. It includes no text
// of the server or of a library, which may quote what was sent.

func errBadConfig(problems []string) error {
	return InvalidConfig.failAs("open", "nacos", strings.Join(problems, "; "))
}

// errPlainServer is a problem of a Config.
var errPlainServer = errors.New("is http although TLS is set; use https, or, if you trust the network and its HTTP has no TLS, set Plaintext (NACOS_PLAINTEXT=true)")

// errNoTLS is the error of a server whose HTTP port does not speak TLS.
func errNoTLS(op string, a address) error {
	e := Unreachable.failAs(op, a.String(), fmt.Sprintf("port %d speaks HTTP without TLS", a.port))
	e.Fix = "turn on TLS for the server's HTTP port, or in front of it; if only gRPC uses TLS and you trust the network, set Config.Plaintext, or NACOS_PLAINTEXT=true"
	return e
}

func errUnknownHost(a address) error { return UnknownHost.fail("connect to", a.String()) }

// errUnreachable is the error of a dial or a request without an answer. It keeps only the class of
// err.
func errUnreachable(a address, err error) error {
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

func errGRPCPortClosed(a address) error {
	e := GRPCPortClosed.failAs("connect to", a.String(), fmt.Sprintf("port %d is open, but not the gRPC port %d", a.port, a.grpcPort()))
	e.Fix = fmt.Sprintf("open port %d too, in the firewall, the container and the service: Nacos 2 and later need both; if it is mapped to another port, add ?grpc=port to the address", a.grpcPort())
	return e
}

func errNotNacos(a address) error {
	return NotNacos.failAs("connect to", a.String(), fmt.Sprintf("port %d does not speak the gRPC of Nacos", a.grpcPort()))
}

// errNoHTTP2 is the error of a program that has turned HTTP/2 off in net/http.
func errNoHTTP2(a address) error {
	e := InvalidConfig.failAs("connect to", a.String(), "HTTP/2 is turned off in this program")
	e.Fix = "remove http2client=0 from GODEBUG, or the build tag nethttpomithttp2: gRPC needs HTTP/2"
	return e
}

func errNoResponse(a address) error { return NoResponse.fail("ask", a.String()) }

func errLost(a address) error { return ConnectionLost.fail("ask", a.String()) }

func errUnresponsive(a address) error { return ServerUnresponsive.fail("ask", a.String()) }

func errNotReady(a address) error { return NotReady.fail("ask", a.String()) }

func errNotRegistered(a address) error { return NotRegistered.fail("ask", a.String()) }

func errRedirected(a address) error { return Redirected.fail("ask", a.String()) }

// ops are the operations of requests.
var ops = map[string]string{typeQuery: "read", typePublish: "publish", typeRemove: "delete", typeListen: "listen to", typeWatch: "list"}

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
		cause = DuplicateListener
	case codeFailed:
		cause = ServerError
	}
	return cause.failAs(op, document, fmt.Sprintf("the server answered with code %d", code))
}

func errTooLarge(document string) error { return TooLarge.fail("ask", document) }

func errRejected(a address) error { return RequestRejected.fail("ask", a.String()) }

func errBadCredentials(a address) error { return BadCredentials.fail("login to", a.String()) }

func errLoginAnswer(a address) error {
	e := NotNacos.failAs("login to", a.String(), "the answer is not from Nacos")
	e.Fix = "check that address and context path are those of the HTTP interface of Nacos"
	return e
}

// denied returns why the server rejected a request, as far as its message says.
func (s *session) denied(a address, document, message string) error {
	cause := PermissionDenied
	switch {
	case s.settings.signer != nil && !s.auth.needed():
		cause = SignatureRejected
	case !s.auth.needed():
		cause = CredentialsMissing
	case strings.Contains(strings.ToLower(message), "token"):
		cause = TokenRejected
	}
	return cause.fail("ask", place(document, a))
}

func place(document string, a address) string {
	if document == "" {
		return a.String()
	}
	return document
}

func errNotFound(k Key) error { return ConfigNotFound.fail("read", k.String()) }

func errCorrupt(document string) error { return ContentCorrupt.fail("read", document) }

func errUpdateInProgress(document string) error { return UpdateInProgress.fail("read", document) }

func errBadKey(k Key, problems []string) error {
	return InvalidName.failAs("name", k.String(), strings.Join(problems, "; "))
}

// errBadPattern is errBadKey for a key with patterns; only says where, if not in both parts.
func errBadPattern(k Key, problems []string, only string) error {
	e := InvalidName.failAs("name", k.String(), strings.Join(problems, "; "))
	e.Fix = "use letters, digits and -_.: only, and * for any text" + only + ", at most 256 for a data ID and 128 for a group"
	return e
}

// errTemplate is the error of a data ID with a variable that has no value, or is none.
func errTemplate(k Key, err error) error {
	e := InvalidName.failAs("name", k.String(), err.Error())
	e.Fix = "set the field of nacos.Config that the variable stands for: AppName, AppVersion, Profile or Labels"
	return e
}

// errUnknownFormat names the type, as the console shows it, if it is one of those of the console.
func errUnknownFormat(k Key, contentType string) error {
	if !slices.Contains([]string{"text", "xml", "html"}, contentType) {
		return UnknownFormat.fail("read", k.String())
	}
	return UnknownFormat.failAs("read", k.String(), "the format is not known: the config has the type "+contentType)
}

func errClosed(what string) error { return ClientClosed.fail("use", what) }

func errPreconditionFailed(k Key) error { return PreconditionFailed.fail("publish", k.String()) }

func errBadContent(k Key, cause Code, text, fix string) error {
	e := cause.failAs("publish", k.String(), text)
	e.Fix = fix
	return e
}

// all joins the errors of the servers of a round into one, with the most specific kind. The order
// does not depend on which server was tried first.
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

// routeError is why a routing document selects nothing.
type routeError struct {
	code     Code
	problems error
}

// maxRouteProblems is the number of mistakes in the text of a routeError.
const maxRouteProblems = 10

func (e *routeError) Error() string {
	var more string
	shown := e.problems
	if ps, ok := errors.AsType[source.Problems](shown); ok && len(ps) > maxRouteProblems {
		shown, more = ps[:maxRouteProblems], fmt.Sprintf("; and %d more mistakes", len(ps)-maxRouteProblems)
	}
	return strings.ReplaceAll(shown.Error(), "\n", "; ") + more
}

func (e *routeError) Unwrap() []error { return []error{e.code, e.problems} }

func errRoute(code Code, k Key, problems error) error {
	e := code.fail("route", k.String())
	e.Err = &routeError{code, problems}
	return e
}

// errRouteIncomplete is the error of a config that a new route requires and that does not exist.
// why may say more, such as that its namespace does not exist.
func errRouteIncomplete(k Key, reason string, why error) error {
	e := ConfigNotFound.failAs("read", k.String(), "config does not exist, and is required by "+reason)
	if errors.Is(why, NamespaceNotFound) {
		e = NamespaceNotFound.failAs("read", k.String(), "namespace does not exist, and is required by "+reason)
	}
	e.Fix = "publish it, correct the routing document, or mark the document optional there; the previous route stays in use"
	return e
}
