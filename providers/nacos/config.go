package nacos

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
)

// Config says which Nacos to use, and as whom. Only Servers, or Endpoint, is required. It may be
// printed: the password does not show.
type Config struct {
	// Servers are the nodes of one cluster: "host", "host:port", "host:port/nacos", or a URL with
	// http or https. Without a scheme it is https if TLS is set, and otherwise http. The port is
	// that of HTTP, 8848 where none is named; gRPC is taken to be 1000 above, as Nacos has it,
	// unless something maps ports and the address says where to: "host:30848?grpc=31848".
	Servers []string
	// Endpoint is an address server, which tells the nodes: "host", "host:port" or a URL. Without a
	// scheme it is https if TLS is set. Its port is 8080 where none is named, its path
	// /nacos/serverlist; its answer is one node a line. It is asked every 30 s, and what it said
	// last goes on being used while it cannot be. Until it has answered Servers are used, if there
	// are any. With TLS, or if one of Servers is https, the nodes are https whatever it says.
	// Empty: none.
	Endpoint string
	// AllowRedirects are hosts to which a server may send the session beside those of Servers and
	// of the address server's list: "host", "host:port", or a network, "10.0.0.0/8". They get name,
	// password and token as a listed server does. After 10 minutes at one of them the session goes
	// back to the list. Empty: listed servers alone.
	AllowRedirects []string
	// Namespace is the *id* of the namespace, which is not the name that the console shows. Empty
	// and "public": the public one.
	Namespace string
	// Group is the group of configs that name none themselves. Empty: DEFAULT_GROUP.
	Group string
	// Username and Password log in. Both empty: no login.
	Username string
	Password Password
	// Signer signs requests, for servers that want an access key (AK/SK). Nil: they are not signed.
	Signer *Signer
	// ContextPath is where the server's HTTP interface lives, for servers that do not name a path
	// of their own. Empty: "/nacos"; "/" for none.
	ContextPath string
	// TLS turns TLS on: for gRPC, and for HTTP, which is https where no scheme is named. Servers
	// with http are then an error, unless Plaintext is set. Nil: gRPC without TLS, and HTTP as the
	// addresses say. It must not be changed afterwards.
	TLS *tls.Config
	// Plaintext says that the network to the servers is trusted: name, password and token may go
	// without encryption. With TLS it means that HTTP has none: it is http where no scheme is
	// named, for the address server's nodes too, and http may be named. gRPC has TLS all the same.
	// Without Plaintext a client that sends credentials in the clear to a host other than loopback
	// warns once: with the event [EventUnencryptedCredentials], or through slog.Default if it has
	// no [OnEvent].
	Plaintext bool
	// AppName is the name of the service. Empty: the name of the program.
	AppName string
	// AppVersion is the version of the service. Empty: the version of the main module, else its
	// commit, if the build recorded one.
	AppVersion string
	// InstanceID identifies the process among the instances of the service. Empty: host, process
	// number and a random part, the same for all clients of the process.
	InstanceID string
	// Labels are sent when a connection is set up. Two names have a meaning of their own:
	// "Vipserver-Tag" is the tag for which [GrayTag] publishes a content, and
	// "nacos_config_gray_label" is the label by which newer servers (2.5 and 3) choose gray
	// contents. Empty: none.
	Labels map[string]string

	problems   []string // what FromEnv found
	wantSigner bool     // FromEnv found an access key
}

// settings are a Config that was checked.
type settings struct {
	servers   []address
	endpoint  *endpoint // nil: none
	allowed   allowed   // beyond servers and what endpoint names
	namespace string
	group     string
	username  string
	password  Password
	signer    *Signer
	tls       *tls.Config
	plaintext bool              // credentials may go in the clear
	encrypted bool              // servers that the network names are https
	labels    map[string]string // all that a connection is set up with
}

// name is how the servers are called in identities, which do not change with what an address server
// says.
func (s settings) name() string {
	if s.endpoint != nil {
		return s.endpoint.server.String()
	}
	return names(s.servers)
}

// check returns the settings, or all that is wrong with them.
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
			problems = append(problems, fmt.Sprintf("the endpoint %v", err))
		}
		s.endpoint = e
	}
	for i, text := range c.AllowRedirects {
		if err := s.allowed.add(text); err != nil {
			problems = append(problems, fmt.Sprintf("allowed redirect %d %v", i+1, err))
		}
	}
	if len(c.Servers) == 0 && c.Endpoint == "" && len(c.problems) == 0 {
		problems = append(problems, "no server is named")
	}
	return s, append(problems, c.nameProblems(s)...)
}

// nameProblems returns what is wrong with the names, the login and the signer.
func (c Config) nameProblems(s settings) []string {
	var problems []string
	if found := nameProblems("namespace", s.namespace, maxNamespace); found != nil {
		problems = append(problems, found...)
		problems = append(problems, "a namespace is named by its id, as the console's list of namespaces shows it, not by its name")
	}
	problems = append(problems, nameProblems("group", s.group, maxGroup)...)
	if (c.Username == "") != (c.Password == Password{}) {
		problems = append(problems, "of user name and password, one is missing")
	}
	switch {
	case c.Signer != nil && c.Signer.Sign == nil:
		problems = append(problems, "the signer has no Sign function")
	case c.Signer == nil && c.wantSigner:
		problems = append(problems, envAccessKey+" is set, and nothing signs: set Signer to ram.FromEnv() of the package ram")
	}
	return problems
}

// prefix is the path of the HTTP interface on servers that name none.
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
