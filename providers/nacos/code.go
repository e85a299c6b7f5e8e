package nacos

import "github.com/nacre-go/nacre/source"

// Code identifies what went wrong, more precisely than a [source.Kind] and for Nacos alone. Every
// error of this package has one: test for it with errors.Is(err, nacos.NamespaceNotFound), or get
// it with errors.As. A Code does not depend on the server, the document or the attempt. Its numbers
// never change, so that you may store them.
type Code uint8

// Codes of servers that cannot be reached or do not work.
const (
	UnknownHost        Code = 1  // the name of the host does not resolve
	ConnectionRefused  Code = 2  // nothing listens at the address
	NoResponse         Code = 3  // no answer in time: HTTP 408, a gRPC deadline, a connection timeout
	Unreachable        Code = 4  // a network error, or only one side uses TLS
	GRPCPortClosed     Code = 5  // 8848 is open and 9848 is not
	NotNacos           Code = 6  // another service answers
	ConnectionLost     Code = 7  // the connection broke
	ServerUnresponsive Code = 8  // the connection is open, but the server does not answer heartbeats
	NotReady           Code = 9  // HTTP 503, codes 3xx and 503: starting, stopping, no leader, overloaded
	NotRegistered      Code = 10 // code 301, "session expired": the server does not know the connection
	Redirected         Code = 11 // the server asks its clients to move to another one
	NoServers          Code = 12 // the address server lists none, or does not answer
	ServerError        Code = 13 // code or HTTP status 500
	UnlistedServer     Code = 14 // a redirect to a host that is not listed; see [Config].AllowRedirects
	InvalidCertificate Code = 15 // the server's certificate does not verify
)

// Codes of requests that a server rejects.
const (
	BadCredentials         Code = 20 // wrong user name or password
	CredentialsMissing     Code = 21 // code 403 without a login
	TokenRejected          Code = 22 // code 403: expired or invalid, also right after a new login
	PermissionDenied       Code = 23 // code 403: the user lacks the permission
	RequestRejected        Code = 24 // rejected below Nacos: no client certificate, a proxy
	SigningFailed          Code = 25 // the [Signer] returned an error
	SignatureRejected      Code = 26 // code 403 to a signed request
	UnencryptedCredentials Code = 27 // a warning: credentials go unencrypted to a host other than loopback
)

// Codes of configs, contents and settings.
const (
	NamespaceNotFound  Code = 40 // no namespace has this id; it may be a name
	ConfigNotFound     Code = 41 // code 300, HTTP 404, "config data not exist"
	DuplicateListener  Code = 42 // code 409: the server already has this listener
	TooLarge           Code = 43 // a message of more than 10 MiB
	ContentCorrupt     Code = 44 // content and md5 differ
	UpdateInProgress   Code = 45 // the server is modifying the config
	PreconditionFailed Code = 46 // a compare-and-set failed; see [IfMD5]
	InvalidName        Code = 47 // an invalid namespace, group or data ID
	InvalidContent     Code = 48 // empty, or not UTF-8
	UnknownFormat      Code = 49 // no extension, no type, no option
	InvalidConfig      Code = 50 // an invalid [Config]
	ClientClosed       Code = 51 // used after Close
	BadRequest         Code = 52 // code 400
	BadResponse        Code = 53 // an answer that breaks the protocol
	NotSupported       Code = 54 // the server does not know the request
	StaleContent       Code = 55 // the server does not have yet what another one had
	InvalidRoutes      Code = 56 // a routing document has mistakes; see [Client.Routed]
	NoRoute            Code = 57 // no rule of a routing document fits the instance
	ServersDiffer      Code = 58 // two servers of the cluster have different contents
)

// codes have the name, kind, text and fix of each code. An error may have a more specific text.
var codes = map[Code]struct {
	name      string
	kind      source.Kind
	text, fix string
}{
	UnknownHost:        {"UnknownHost", source.Unavailable, "no host has this name", "check the server address for a typo, and the DNS of this machine"},
	ConnectionRefused:  {"ConnectionRefused", source.Unavailable, "connection refused", "check the address, and that Nacos runs there"},
	NoResponse:         {"NoResponse", source.Timeout, "no answer in time", "check the address, the network and its firewalls, and the load of the server; the session tries again"},
	Unreachable:        {"Unreachable", source.Unavailable, "connection failed", "check the network, and whether the server expects TLS"},
	GRPCPortClosed:     {"GRPCPortClosed", source.Unavailable, "the HTTP port is open, but not the gRPC port", "open the gRPC port, which is 1000 above the HTTP port, in the firewall, the container and the service: Nacos 2 and later need both"},
	NotNacos:           {"NotNacos", source.Unavailable, "the port does not speak the gRPC of Nacos", "check the port: the address has the HTTP port, and gRPC is 1000 above; check also that both sides use TLS, or neither"},
	ConnectionLost:     {"ConnectionLost", source.Unavailable, "connection lost", "check that Nacos still runs there; the session connects again"},
	ServerUnresponsive: {"ServerUnresponsive", source.Timeout, "the server does not answer heartbeats", "check the network; the session connects again"},
	NotReady:           {"NotReady", source.Unavailable, "the server is not ready", "wait: the server is starting, stopping, without a leader, or over its limit of requests; the session tries again"},
	NotRegistered:      {"NotRegistered", source.Unavailable, "the server does not know this connection", "nothing: the session connects and listens again; if this lasts, the server has reached its limit of connections"},
	Redirected:         {"Redirected", source.Unavailable, "the server redirects to another one", "nothing: the session follows; if this lasts, the server has reached its limit of connections"},
	NoServers:          {"NoServers", source.Unavailable, "the address server lists no servers", "check Config.Endpoint, or NACOS_ENDPOINT: its answer has one server per line, host or host:port"},
	UnlistedServer:     {"UnlistedServer", source.Unavailable, "the server is not listed", "nothing: the session goes to another server of the list; to allow this one, add it to Config.Servers, to the list of the address server, or to Config.AllowRedirects"},
	InvalidCertificate: {"InvalidCertificate", source.Unavailable, "the server's certificate does not verify", "check that its CA is the one of Config.TLS, or NACOS_TLS_CA_FILE, and that it is valid for the host in Config.Servers; if it has another name, set NACOS_TLS_SERVER_NAME"},
	ServerError:        {"ServerError", source.Unavailable, "the server failed to process the request", "try again: a cluster without a leader elects one within seconds; if this lasts, nacos.log and config-server.log of the server give the reason (its disk, its database, a plugin)"},

	BadCredentials:         {"BadCredentials", source.PermissionDenied, "user name or password is wrong", "check Username and Password, or NACOS_USERNAME and NACOS_PASSWORD, against the users of the server"},
	CredentialsMissing:     {"CredentialsMissing", source.PermissionDenied, "the server requires a login", "set Username and Password, or NACOS_USERNAME and NACOS_PASSWORD"},
	TokenRejected:          {"TokenRejected", source.PermissionDenied, "the server rejects a token that it has issued", "check that all servers of the cluster have the same nacos.core.auth.plugin.nacos.token.secret.key, and the same time"},
	PermissionDenied:       {"PermissionDenied", source.PermissionDenied, "the user has no permission in this namespace", "grant the permission to the user's role in the console; a permission names the *id* of the namespace"},
	RequestRejected:        {"RequestRejected", source.PermissionDenied, "the server rejects the request", "check user name, password and permissions, and whether the server requires a client certificate"},
	SigningFailed:          {"SigningFailed", source.PermissionDenied, "the request could not be signed", "check the access key, or that the credentials of the role are available from here"},
	SignatureRejected:      {"SignatureRejected", source.PermissionDenied, "the server rejects the signature", "check access key, secret key and region, the permissions of the account in this namespace, and the clock of this machine"},
	UnencryptedCredentials: {"UnencryptedCredentials", source.InvalidArgument, "credentials are sent without encryption", "set Config.TLS, or NACOS_TLS=true, if the servers use TLS; if you trust the network, set Config.Plaintext, or NACOS_PLAINTEXT=true"},

	NamespaceNotFound:  {"NamespaceNotFound", source.NotFound, "no namespace has this id", "use the *id* of the namespace, as the console's list of namespaces shows it, not its name"},
	ConfigNotFound:     {"ConfigNotFound", source.NotFound, "config does not exist", "check data ID and group for a typo, and that the namespace is an *id* and not a name; if the config may be missing, use nacre.AbsentOK()"},
	DuplicateListener:  {"DuplicateListener", source.Conflict, "the server already has this listener", "nothing: a process listens to a key once, however many sources declare it; if this lasts, look for another client with the same identity"},
	TooLarge:           {"TooLarge", source.TooLarge, "the message is over the server's limit", "keep a config under 5 MiB: as JSON in a message, of which a server accepts 10 MiB, it may be twice as long"},
	ContentCorrupt:     {"ContentCorrupt", source.Corrupt, "the content does not match the md5 that the server declares", "publish the config again, and check that all nodes of the cluster have the same content; the session reads again"},
	UpdateInProgress:   {"UpdateInProgress", source.Unavailable, "the server is modifying the config", "nothing: the session reads again"},
	PreconditionFailed: {"PreconditionFailed", source.Conflict, "the config has changed since it was read", "read it again, apply your change to the new content, and publish with its md5"},
	InvalidName:        {"InvalidName", source.InvalidArgument, "the name is not valid in Nacos", "use letters, digits and -_.: only, at most 256 for a data ID and 128 for a group"},
	InvalidContent:     {"InvalidContent", source.InvalidArgument, "the content is not valid in Nacos", "publish text in UTF-8 that is not empty"},
	UnknownFormat:      {"UnknownFormat", source.InvalidArgument, "the format is not known", `give the data ID an extension (.yaml, .json, .toml, .properties, .env), set its type in the console, or use nacos.Format("yaml")`},
	InvalidConfig:      {"InvalidConfig", source.InvalidArgument, "the settings are not valid", "correct nacos.Config, or the variables that nacos.FromEnv reads; the only setting that is required is a server: Servers, or NACOS_SERVER_ADDR=host:port"},
	ClientClosed:       {"ClientClosed", source.Closed, "client is closed", "keep the client open as long as its sources are in use"},
	BadRequest:         {"BadRequest", source.InvalidArgument, "the server rejects a part of the request as invalid", "check namespace, group, data ID and the size of the content against the server's limits"},
	BadResponse:        {"BadResponse", source.Unknown, "the answer does not follow the protocol", "check that a Nacos of version 2 or 3 is behind this address, and no other service; nacos.log and config-server.log of the server may say more"},
	StaleContent:       {"StaleContent", source.Unavailable, "the content is older than that of another server", "nothing: the session reads again, and accepts the content if it stays"},
	InvalidRoutes:      {"InvalidRoutes", source.Malformed, "the routing document is not valid", "correct the routing document; the previous route stays in use"},
	NoRoute:            {"NoRoute", source.NotFound, "the routing document has no route for this instance", "add a rule that matches the instance, or correct its Config (AppName, AppVersion, Profile, InstanceID, Labels); the previous route stays in use"},
	ServersDiffer:      {"ServersDiffer", source.Unavailable, "the servers of the cluster have different contents", "publish the config again, so that every server reads it from the database; if it happens again, restart the server that has the older content, and look for dump errors in its logs"},
	NotSupported:       {"NotSupported", source.InvalidArgument, "the server does not know this request", "check the version of the server: this needs a Nacos of version 2 or 3, and its HTTP interface for what gRPC does not offer"},
}

// Error returns the text of the code. It makes a Code usable as the target of errors.Is.
func (c Code) Error() string {
	if e, ok := codes[c]; ok {
		return e.text
	}
	return "unknown"
}

// Name returns the name of the constant, such as "ConfigNotFound", or "Unknown". It is for logs and
// labels of metrics.
func (c Code) Name() string {
	if e, ok := codes[c]; ok {
		return e.name
	}
	return "Unknown"
}

func (c Code) kind() source.Kind { return codes[c].kind }

func (c Code) fix() string { return codes[c].fix }

// detailed is a code with a more specific text.
type detailed struct {
	code Code
	text string
}

func (d *detailed) Error() string { return d.text }
func (d *detailed) Unwrap() error { return d.code }

// fail returns an error with the code.
func (c Code) fail(op, document string) *source.Error {
	return &source.Error{Kind: c.kind(), Op: op, Document: document, Fix: c.fix(), Err: c}
}

// failAs is fail with a more specific text.
func (c Code) failAs(op, document, text string) *source.Error {
	e := c.fail(op, document)
	e.Err = &detailed{code: c, text: text}
	return e
}
