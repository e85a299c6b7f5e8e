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

var (
	errBroken   = errors.New("the connection is broken")
	errNoClient = errors.New("this is not an address that gRPC takes")
)

func trouble(kind source.Kind, op, document, cause, fix string) error {
	return &source.Error{Kind: kind, Op: op, Document: document, Fix: fix, Err: errors.New(cause)}
}

func errBadConfig(problems []string) error {
	return trouble(source.Misused, "dial", "nacos", strings.Join(problems, "; "),
		"set Config.Servers or NACOS_SERVER_ADDR to host:port, and the rest as Config and FromEnv say")
}

func errNoHost(a address) error {
	return trouble(source.Unavailable, "connect to", a.String(), "there is no host of this name", "check the server address for a slip, and the DNS of this machine")
}

// errNotReachable is for a dial or request that had no answer; only what kind of error it was is used.
func errNotReachable(a address, err error) error {
	var dns *net.OpError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return trouble(source.Unavailable, "connect to", a.String(), "connection refused", "check that Nacos runs there and that the address is right")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &dns) && dns.Timeout():
		return trouble(source.Timeout, "connect to", a.String(), "no answer in time", "check the address and the firewall between here and there, and whether the server is overloaded")
	}
	return trouble(source.Unavailable, "connect to", a.String(), "the connection cannot be made", "check the network between here and there, and whether the server expects TLS")
}

func errGRPCShut(a address) error {
	return trouble(source.Unavailable, "connect to", a.String(), fmt.Sprintf("port %d is open, but not the gRPC port %d", a.port, a.port+grpcOffset),
		fmt.Sprintf("open port %d too, in the firewall, the container and the service: Nacos 2 and later need both", a.port+grpcOffset))
}

func errNoGRPC(a address) error {
	return trouble(source.Unavailable, "connect to", a.String(), fmt.Sprintf("port %d does not speak the gRPC of Nacos", a.port+grpcOffset),
		"check the port: the address takes the HTTP port, and gRPC is 1000 above; check also whether both sides agree on TLS")
}

func errNoAnswer(a address) error {
	return trouble(source.Timeout, "ask", a.String(), "no answer in time", "check the network and the load of the server; the session tries again by itself")
}

func errLost(a address) error {
	return trouble(source.Unavailable, "ask", a.String(), "the connection was lost", "check that Nacos runs there; the session connects again by itself")
}

func errSilent(a address) error {
	return trouble(source.Timeout, "ask", a.String(), "the server has fallen silent", "check the network between here and there; the session connects again by itself")
}

func errNotReady(a address) error {
	return trouble(source.Unavailable, "ask", a.String(), "the server is not ready", "wait: it is starting, stopping or without a leader; the session tries again by itself")
}

func errUnregistered(a address) error {
	return trouble(source.Unavailable, "ask", a.String(), "the server does not know this connection", "nothing: the session connects and listens again by itself; if it lasts, the server is at its limit of connections")
}

func errReset(a address) error {
	return trouble(source.Unavailable, "ask", a.String(), "the server asks to go to another one", "nothing: the session does; if it lasts, the server is at its limit of connections")
}

// ops say what a request is for.
var ops = map[string]string{typeQuery: "read", typePublish: "publish", typeRemove: "delete", typeListen: "listen to"}

func opOf(typ string) string {
	if op, ok := ops[typ]; ok {
		return op
	}
	return "ask"
}

func errAnswer(document, typ string, code int) error {
	kind := source.Unknown
	if code == codeNoHandler {
		kind = source.Misused
	}
	return trouble(kind, opOf(typ), document, fmt.Sprintf("the server answered with code %d", code),
		"look into the server's log, nacos.log and config-server.log, for what it says to this request")
}

func errTooLarge(document string) error {
	return trouble(source.TooLarge, "ask", document, "a message is over the server's limit", "keep a config under 10 MiB, or raise nacos.remote.server.grpc.sdk.max-inbound-message-size on the server")
}

func errRefused(a address) error {
	return trouble(source.Denied, "ask", a.String(), "the server refused the request", "check user name, password and permissions, and whether the server expects a client certificate")
}

func errBadLogin(a address) error {
	return trouble(source.Denied, "login to", a.String(), "user name or password was refused", "check Username and Password, or NACOS_USERNAME and NACOS_PASSWORD, against the users of the server")
}

func errLoginAnswer(a address) error {
	return trouble(source.Unavailable, "login to", a.String(), "the answer is not that of a Nacos", "check that address and ContextPath are those of Nacos' HTTP interface")
}

func errDenied(a address, document string, loggedIn bool) error {
	if !loggedIn {
		return trouble(source.Denied, "ask", place(document, a), "the server wants a login", "set Username and Password, or NACOS_USERNAME and NACOS_PASSWORD")
	}
	return trouble(source.Denied, "ask", place(document, a), "the user may not do this in this namespace", "grant the user's role the permission in the console; it takes the namespace *id*")
}

func place(document string, a address) string {
	if document == "" {
		return a.String()
	}
	return document
}

func errNotFound(k Key) error {
	return trouble(source.NotFound, "read", k.String(), "there is no such config",
		"check data ID and group for a slip, and that the namespace is given by its *id* and not its name; if it may be missing, say nacos.Optional()")
}

func errCorrupt(document string) error {
	return trouble(source.Corrupt, "read", document, "the content does not match the md5 that the server declares",
		"publish the config again, and check that all nodes of the cluster hold the same; the session reads again by itself")
}

func errModifying(document string) error {
	return trouble(source.Unavailable, "read", document, "the config is being modified", "nothing: the session reads again by itself")
}

func errBadKey(k Key, problems []string) error {
	return trouble(source.Misused, "name", k.String(), strings.Join(problems, "; "),
		"use letters, digits and - _ . : only, at most 256 for a data ID and 128 for a group")
}

func errNoFormat(k Key) error {
	return trouble(source.Misused, "read", k.String(), "its format is not known", `name the data ID with an extension (.yaml, .json, .toml, .properties, .env), or say nacos.Format("yaml")`)
}

func errClosed(what string) error {
	return trouble(source.Closed, "use", what, "it is closed", "keep the client open for as long as its sources are used")
}

func errConflict(k Key) error {
	return trouble(source.Conflict, "publish", k.String(), "the config has changed since it was read", "read it again, make the change on what it is now, and publish with that md5")
}

func errBadContent(k Key, kind source.Kind, cause, fix string) error {
	return trouble(kind, "publish", k.String(), cause, fix)
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
		if source.KindOf(err) == source.Denied {
			kind = source.Denied
		}
	}
	return &source.Error{Kind: kind, Op: "connect to", Document: names(servers), Err: errors.Join(errs...)}
}
