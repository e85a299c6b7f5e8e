package nacos

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"

	"github.com/nacre-go/nacre/route"
)

// Config holds the settings of a [Client]. Servers or Endpoint is required. You may print a Config:
// its password stays hidden.
type Config struct {
	// Servers are the nodes of one cluster: "host", "host:port", "host:port/nacos", or a URL with
	// http or https. Without a scheme it is https if TLS is set, and http otherwise. The port is
	// the HTTP port, default 8848; the gRPC port is 1000 above, unless the address names another
	// one: "host:30848?grpc=31848".
	Servers []string
	// Endpoint is an address server, which lists the nodes: "host", "host:port" or a URL. Without a
	// scheme it is https if TLS is set. Its default port is 8080, its default path
	// /nacos/serverlist; its answer has one node per line. The client asks it every 30 s and keeps
	// the last answer while it fails. Until the first answer the client uses Servers, if there are
	// any. With TLS, or if one of Servers is https, the nodes are https whatever the answer says.
	// Empty: no address server.
	Endpoint string
	// AllowRedirects are hosts to which a server may redirect the client, besides Servers and the
	// list of the address server: "host", "host:port", or a network such as "10.0.0.0/8". They
	// receive user name, password and token, as a listed server does. After 10 minutes at one of
	// them the client returns to the list. Empty: listed servers only.
	AllowRedirects []string
	// Namespace is the *id* of the namespace, which is not the name in the console. Empty and
	// "public": the public namespace.
	Namespace string
	// Group is the group of configs without the option [Group]. Empty: DEFAULT_GROUP.
	Group string
	// Username and Password log in. Both empty: no login. A server that asks for none is used
	// without one, whether it knows the user or not.
	Username string
	Password Password
	// PasswordFile is a file that holds the password, instead of Password; a final line break is
	// ignored. The client reads it for every login, so a password that rotates takes effect with
	// the next login: when the token is renewed, or when a server rejects it. Empty: Password.
	PasswordFile string
	// Signer signs requests, for servers that require an access key (AK/SK). Nil: requests are not
	// signed.
	Signer *Signer
	// ContextPath is the path of the HTTP interface of servers whose address has no path. Empty:
	// "/nacos"; "/" for none.
	ContextPath string
	// TLS turns on TLS for gRPC, and for HTTP, whose default scheme is then https. With TLS a
	// server with http is an error unless Plaintext is set. Do not change it after NewClient. Nil:
	// gRPC without TLS, and HTTP as the addresses say. See [TLSFromFiles].
	TLS *tls.Config
	// Plaintext states that you trust the network to the servers: user name, password and token may
	// travel without encryption. With TLS it means that only gRPC uses TLS: HTTP is http unless an
	// address says https, for the nodes of the address server too. Without Plaintext a client that
	// sends credentials without encryption to a host other than loopback warns once: with the event
	// [EventUnencryptedCredentials], or through slog.Default if it has no [OnEvent].
	Plaintext bool
	// AppName is the name of the service. Empty: the name of the program.
	AppName string
	// AppVersion is the version of the service. Empty: the version of the main module, else its
	// commit, if the build recorded one.
	AppVersion string
	// InstanceID identifies the process among the instances of the service, in which no two should
	// have the same: percentages of [Client.Routed] are drawn by it, Health has it, and the server
	// shows it in its list of connections. A fixed value in a manifest that many pods get is a
	// mistake, which the command nacre and the alerts find. Empty: the name of the host, and for
	// the server also process number and a random part, the same for all clients of the process.
	InstanceID string
	// Profile is the profile of the service, such as "prod", for the variable {{.Profile}} and the
	// rules of [Client.Routed]. Empty: none.
	Profile string
	// Labels are sent when a connection is set up. Two names have a meaning of their own:
	// "Vipserver-Tag" is the tag for which [GrayTag] publishes a content, and
	// "nacos_config_gray_label" is the label by which newer servers (2.5 and 3) choose gray
	// contents. Empty: none.
	Labels map[string]string

	problems   []string // what FromEnv found
	wantSigner bool     // FromEnv found an access key
}

// settings are a checked Config.
type settings struct {
	servers   []address
	endpoint  *endpoint // nil: none
	allowed   allowed   // beyond servers and what endpoint names
	namespace string
	group     string
	username  string
	password  Password // unless passwordFile is set
	signer    *Signer

	passwordFile string // "": none

	tls       *tls.Config
	plaintext bool              // credentials may go in the clear
	encrypted bool              // servers that the network names are https
	labels    map[string]string // all that a connection is set up with
	route     route.Instance    // what routes know
}

// name returns the servers as identities name them. It does not depend on the answers of an address
// server.
func (s settings) name() string {
	if s.endpoint != nil {
		return s.endpoint.server.String()
	}
	return names(s.servers)
}

// check returns the settings, or everything that is wrong with them.
func (c Config) check() (settings, []string) {
	problems := slices.Clone(c.problems)
	s := settings{
		namespace: namespaceID(c.Namespace),
		group:     c.Group,
		username:  c.Username,
		password:  c.Password,
		signer:    c.Signer,
		tls:       c.TLS,
		plaintext: c.Plaintext,
		encrypted: c.scheme() == schemeHTTPS,
		labels:    connectionLabels(c.instance(), c.Labels),
		route:     c.routeInstance(),

		passwordFile: c.PasswordFile,
	}
	if s.group == "" {
		s.group = defaultGroup
	}
	prefix := c.prefix()
	for i, text := range c.Servers {
		a, err := parseAddress(text, prefix)
		switch {
		case err == nil && a.scheme == schemeHTTP && c.scheme() == schemeHTTPS:
			err = errPlainServer
		case a.scheme == schemeHTTPS && !c.Plaintext:
			s.encrypted = true
		case a.scheme == "":
			a.scheme = c.scheme()
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("server %d %v", i+1, err))
		} else if !slices.Contains(s.servers, a) {
			s.servers = append(s.servers, a)
		}
	}
	if c.Endpoint != "" {
		e, err := parseEndpoint(c.Endpoint, c.scheme(), prefix)
		if err != nil {
			problems = append(problems, fmt.Sprintf("endpoint %v", err))
		}
		s.endpoint = e
	}
	for i, text := range c.AllowRedirects {
		if err := s.allowed.add(text); err != nil {
			problems = append(problems, fmt.Sprintf("allowed redirect %d %v", i+1, err))
		}
	}
	if len(c.Servers) == 0 && c.Endpoint == "" && len(c.problems) == 0 {
		problems = append(problems, "no server is set")
	}
	return s, append(problems, c.nameProblems(s)...)
}

// nameProblems returns what is wrong with the names, the login and the signer.
func (c Config) nameProblems(s settings) []string {
	var problems []string
	if found := nameProblems("namespace", s.namespace, maxNamespace); found != nil {
		problems = append(problems, found...)
		problems = append(problems, "a namespace is set by its id, as the console's list of namespaces shows it, not by its name")
	}
	problems = append(problems, nameProblems("group", s.group, maxGroup)...)
	if (c.Username == "") != (c.Password == Password{} && c.PasswordFile == "") {
		problems = append(problems, "one of user name and password is missing")
	}
	if c.PasswordFile != "" && c.Password != (Password{}) {
		problems = append(problems, "password and password file are both set")
	} else if _, err := readPassword(c.PasswordFile); c.PasswordFile != "" && err != nil {
		problems = append(problems, err.Error())
	}
	switch {
	case c.Signer != nil && c.Signer.Sign == nil:
		problems = append(problems, "the signer has no Sign function")
	case c.Signer == nil && c.wantSigner:
		problems = append(problems, envAccessKey+" is set, but no signer: set Signer to ram.FromEnv() of package ram")
	}
	return problems
}

// prefix returns the path of the HTTP interface of servers whose address has none.
func (c Config) prefix() string {
	if c.ContextPath == "" {
		return defaultPrefix
	}
	if p := strings.Trim(c.ContextPath, "/"); p != "" {
		return "/" + p
	}
	return ""
}

func namespaceID(id string) string {
	if id == "public" {
		return ""
	}
	return id
}
