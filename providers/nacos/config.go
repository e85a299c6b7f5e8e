package nacos

import (
	"crypto/tls"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Config says which Nacos to use, and as whom. Only Servers is required. It may be printed: the password does not show.
type Config struct {
	// Servers are the nodes of one cluster: "host", "host:port", "http://host:port/nacos" or with https. The port is that
	// of HTTP, 8848 where none is named; gRPC is taken to be 1000 above, as Nacos has it.
	Servers []string
	// Namespace is the *id* of the namespace, which is not the name that the console shows. Empty and "public": the
	// public one.
	Namespace string
	// Group is the group of configs that name none themselves. Empty: DEFAULT_GROUP.
	Group string
	// Username and Password log in. Both empty: no login.
	Username string
	Password Password
	// ContextPath is where the server's HTTP interface lives, for servers that do not name a path of their own. Empty:
	// "/nacos"; "/" for none.
	ContextPath string
	// TLS turns TLS on for gRPC, and is used for servers that are given as https. Nil: gRPC without TLS. It must not be
	// changed afterwards.
	TLS *tls.Config
	// AppName and Labels are told to the server when the connection is set up. Newer servers choose gray contents by label.
	// Empty: none.
	AppName string
	Labels  map[string]string

	problems []string // what FromEnv found
}

// settings are a Config that was checked.
type settings struct {
	servers   []address
	namespace string
	group     string
	username  string
	password  Password
	tls       *tls.Config
	appName   string
	labels    map[string]string
}

// check returns the settings, or all that is wrong with them.
func (c Config) check() (settings, []string) {
	problems := slices.Clone(c.problems)
	s := settings{
		namespace: namespaceID(c.Namespace),
		group:     c.Group,
		username:  c.Username,
		password:  c.Password,
		tls:       c.TLS,
		appName:   c.AppName,
		labels:    maps.Clone(c.Labels),
	}
	if s.group == "" {
		s.group = DefaultGroup
	}
	prefix := defaultPrefix
	if c.ContextPath != "" {
		prefix = ""
		if p := strings.Trim(c.ContextPath, "/"); p != "" {
			prefix = "/" + p
		}
	}
	for i, text := range c.Servers {
		a, err := parseAddress(text, prefix)
		if err != nil {
			problems = append(problems, fmt.Sprintf("server %d %v", i+1, err))
		} else if !slices.Contains(s.servers, a) {
			s.servers = append(s.servers, a)
		}
	}
	if len(c.Servers) == 0 && len(c.problems) == 0 {
		problems = append(problems, "no server is named")
	}
	if found := nameProblems("namespace", s.namespace, maxNamespace); found != nil {
		problems = append(problems, found...)
		problems = append(problems, "a namespace is named by its id, as the console's list of namespaces shows it, not by its name")
	}
	problems = append(problems, nameProblems("group", s.group, maxGroup)...)
	if (c.Username == "") != (c.Password == Password{}) {
		problems = append(problems, "of user name and password, one is missing")
	}
	return s, problems
}

func namespaceID(id string) string {
	if id == "public" {
		return ""
	}
	return id
}
