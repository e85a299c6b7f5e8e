package nacos

import "github.com/nacre-go/nacre/source"

// Code is what went wrong, more exactly than a [source.Kind] and for Nacos alone. Every error of this package has one
// and is asked for it by errors.Is(err, nacos.NamespaceMissing), or by errors.As. A Cause is the same whatever server,
// document or try it is about. It follows row 6 of the mission: each trouble that Nacos users report has a name here.
type Code uint8

// Why a server cannot be talked to. The numbers of all causes are frozen: they may stand in a database of metrics.
const (
	HostUnknown         Code = 1  // no host has this name
	ConnectionRefused   Code = 2  // nothing listens at the address
	NoResponse          Code = 3  // no answer in time: HTTP 408, a gRPC deadline, a connection that is not made
	Unreachable         Code = 4  // the network, or a TLS that only one side speaks
	GRPCPortClosed      Code = 5  // 8848 is open and 9848 is not
	NotNacos            Code = 6  // something else answers
	ConnectionLost      Code = 7  // it broke off
	ServerUnresponsive  Code = 8  // it stands, and nothing comes any more
	NotReady            Code = 9  // HTTP 503, codes 3xx and 503: starting, stopping, without a leader, over its limit
	ConnectionForgotten Code = 10 // code 301, "session expired", "listener not registered": the server has forgotten the connection
	Redirected          Code = 11 // the server wants its clients to go to another one
	NoServers           Code = 12 // the address server names none, or cannot be asked
	ServerFailed        Code = 13 // code or HTTP status 500: it could not do what it was asked
	UnlistedServer      Code = 14 // a server sends its clients to a host that is not listed; see [Config].AllowRedirects
	CertificateRefused  Code = 15 // the server's certificate does not verify
)

// Why a server refuses.
const (
	BadCredentials     Code = 20 // wrong user name or password
	CredentialsMissing Code = 21 // code 403 without a login
	TokenRefused       Code = 22 // code 403: expired or invalid, also right after a new login
	PermissionDenied   Code = 23 // code 403: the user has no right to this
	RequestRefused     Code = 24 // by the transport: a client certificate is missing, a proxy says no
	SigningFailed      Code = 25 // there is no signature, since the [Signer] failed
	SignatureRefused   Code = 26 // code 403 to a signed request
	SentUnencrypted    Code = 27 // a warning: credentials go to a host other than loopback without encryption
)

// What is wrong with a config, or with what is asked of it.
const (
	NamespaceMissing Code = 40 // there is no namespace of this id; it may be a name
	ConfigMissing    Code = 41 // code 300, HTTP 404, "config data not exist"
	Duplicate        Code = 42 // code 409: the server has the same listener already
	TooLarge         Code = 43 // over 10 MiB
	ContentCorrupt   Code = 44 // content and md5 differ
	ContentChanging  Code = 45 // it is being modified
	CompareFailed    Code = 46 // a compare-and-set lost
	InvalidName      Code = 47 // a namespace, group or data ID that cannot be
	InvalidContent   Code = 48 // empty, or not UTF-8
	FormatUnknown    Code = 49 // no extension, no type, no option
	InvalidConfig    Code = 50 // a [Config] that cannot work
	ClientClosed     Code = 51 // used after Close
	BadRequest       Code = 52 // code 400
	BadResponse      Code = 53 // what no Nacos answers, or a code that means nothing here
	NotSupported     Code = 54 // this server does not know the request
	ContentOlder     Code = 55 // the server has not copied yet what another one had
)

// causes have for each its kind, its text and its fix. An error may say it in words of its own, to name what it is about.
var causes = map[Code]struct {
	kind      source.Kind
	text, fix string
}{
	HostUnknown:         {source.Unavailable, "there is no host of this name", "check the server address for a slip, and the DNS of this machine"},
	ConnectionRefused:   {source.Unavailable, "connection refused", "check that Nacos runs there and that the address is right"},
	NoResponse:          {source.Timeout, "no answer in time", "check the address, the network and the firewalls between here and there, and the load of the server; the session tries again by itself"},
	Unreachable:         {source.Unavailable, "the connection cannot be made", "check the network between here and there, and whether the server expects TLS"},
	GRPCPortClosed:      {source.Unavailable, "the HTTP port is open, but not the gRPC port", "open the gRPC port, 1000 above that of HTTP, in the firewall, the container and the service: Nacos 2 and later need both"},
	NotNacos:            {source.Unavailable, "the port does not speak the gRPC of Nacos", "check the port: the address takes the HTTP port, and gRPC is 1000 above; check also whether both sides agree on TLS"},
	ConnectionLost:      {source.Unavailable, "the connection was lost", "check that Nacos runs there; the session connects again by itself"},
	ServerUnresponsive:  {source.Timeout, "the server has fallen silent", "check the network between here and there; the session connects again by itself"},
	NotReady:            {source.Unavailable, "the server is not ready", "wait: it is starting, stopping, without a leader or over its limit of requests; the session tries again by itself"},
	ConnectionForgotten: {source.Unavailable, "the server does not know this connection", "nothing: the session connects and listens again by itself; if it lasts, the server is at its limit of connections"},
	Redirected:          {source.Unavailable, "the server asks to go to another one", "nothing: the session does; if it lasts, the server is at its limit of connections"},
	NoServers:           {source.Unavailable, "the address server names no server", "check Endpoint, or NACOS_ENDPOINT: its answer is one server a line, host or host:port"},
	UnlistedServer:      {source.Unavailable, "the server is not listed", "nothing: the session goes to another server of the list; to have it go there, name the server in Config.Servers or at the address server, or allow it by Config.AllowRedirects"},
	CertificateRefused:  {source.Unavailable, "the server's certificate does not verify", "check that the CA is the one that signed it (Config.TLS, or NACOS_TLS_CA_FILE) and that it names the host that Config has, or set the name that it has (NACOS_TLS_SERVER_NAME)"},
	ServerFailed:        {source.Unavailable, "the server could not do it", "try again: a cluster without a leader finds one within seconds; if it lasts, the server's nacos.log and config-server.log say why (its disk, its database, a plugin)"},

	BadCredentials:     {source.PermissionDenied, "user name or password was refused", "check Username and Password, or NACOS_USERNAME and NACOS_PASSWORD, against the users of the server"},
	CredentialsMissing: {source.PermissionDenied, "the server wants a login", "set Username and Password, or NACOS_USERNAME and NACOS_PASSWORD"},
	TokenRefused:       {source.PermissionDenied, "the server does not take the token that it gave", "check that all servers of the cluster have the same nacos.core.auth.plugin.nacos.token.secret.key, and the same time"},
	PermissionDenied:   {source.PermissionDenied, "the user may not do this in this namespace", "grant the user's role the permission in the console; it takes the namespace *id*"},
	RequestRefused:     {source.PermissionDenied, "the server refused the request", "check user name, password and permissions, and whether the server expects a client certificate"},
	SigningFailed:      {source.PermissionDenied, "the request could not be signed", "check the access key, or that the role's credentials can be had from here"},
	SignatureRefused:   {source.PermissionDenied, "the server refused the signature", "check access key, secret key and region, the rights of the account in this namespace, and the clock of this machine"},
	SentUnencrypted:    {source.InvalidArgument, "credentials are sent without encryption", "set Config.TLS, or NACOS_TLS=true, if the servers have TLS; where the network between is trusted, set Config.Plaintext, or NACOS_PLAINTEXT=true"},

	NamespaceMissing: {source.NotFound, "there is no namespace of this id", "name the namespace by its *id*, as the console's list of namespaces shows it, not by its name"},
	ConfigMissing:    {source.NotFound, "there is no such config", "check data ID and group for a slip, and that the namespace is given by its *id* and not its name; if it may be missing, say nacos.AbsentOK()"},
	Duplicate:        {source.Conflict, "the server has this listener already", "nothing: a key is listened to once in a process however often it is declared; if it lasts, look for another client with this one's identity"},
	TooLarge:         {source.TooLarge, "a message is over the server's limit", "keep a config under 10 MiB, or raise nacos.remote.server.grpc.sdk.max-inbound-message-size on the server"},
	ContentCorrupt:   {source.Corrupt, "the content does not match the md5 that the server declares", "publish the config again, and check that all nodes of the cluster hold the same; the session reads again by itself"},
	ContentChanging:  {source.Unavailable, "the config is being modified", "nothing: the session reads again by itself"},
	CompareFailed:    {source.Conflict, "the config has changed since it was read", "read it again, make the change on what it is now, and publish with that md5"},
	InvalidName:      {source.InvalidArgument, "a name that Nacos does not take", "use letters, digits and -_.: only, at most 256 for a data ID and 128 for a group"},
	InvalidContent:   {source.InvalidArgument, "a content that Nacos does not take", "publish text in UTF-8 that is not empty"},
	FormatUnknown:    {source.InvalidArgument, "its format is not known", `name the data ID with an extension (.yaml, .json, .toml, .properties, .env), or say nacos.Format("yaml")`},
	InvalidConfig:    {source.InvalidArgument, "the settings cannot work", "set Config.Servers or NACOS_SERVER_ADDR to host:port, and the rest as Config and FromEnv say"},
	ClientClosed:     {source.Closed, "it is closed", "keep the client open for as long as its sources are used"},
	BadRequest:       {source.InvalidArgument, "the server takes a part of the request for wrong", "check namespace, group, data ID and the size of the content against the server's limits"},
	BadResponse:      {source.Unknown, "the answer is not what the protocol says", "check that a Nacos of version 2 or 3 is behind this address, and no other service; its log, nacos.log and config-server.log, may say more"},
	ContentOlder:     {source.Unavailable, "the content is older than what another server had", "nothing: the session reads again by itself, and takes it if it stays so"},
	NotSupported:     {source.InvalidArgument, "the server does not know this request", "check the version of the server: this needs a Nacos of version 2 or 3, and its HTTP interface for what gRPC has not"},
}

// Codes returns all causes, in the order of their numbers.
func Codes() []Code {
	var all []Code
	for c := range Code(255) {
		if _, ok := causes[c]; ok {
			all = append(all, c)
		}
	}
	return all
}

// Error returns the cause in words, and makes a Cause usable as the target of errors.Is.
func (c Code) Error() string {
	if e, ok := causes[c]; ok {
		return e.text
	}
	return "unknown"
}

// Kind returns the kind that an error of this cause has.
func (c Code) kind() source.Kind { return causes[c].kind }

// Fix returns in one sentence what a person can do about it.
func (c Code) fix() string { return causes[c].fix }

// worded is a cause in other words.
type worded struct {
	cause Code
	text  string
}

func (w *worded) Error() string { return w.text }
func (w *worded) Unwrap() error { return w.cause }

// fail makes an error of a cause.
func (c Code) fail(op, document string) *source.Error {
	return &source.Error{Kind: c.kind(), Op: op, Document: document, Fix: c.fix(), Err: c}
}

// failAs is fail with a text that says more than the cause's own.
func (c Code) failAs(op, document, text string) *source.Error {
	e := c.fail(op, document)
	e.Err = &worded{cause: c, text: text}
	return e
}
