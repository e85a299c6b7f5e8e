package nacos_test

import (
	"context"
	"crypto/tls"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos"
)

// What an address server names stands in events, errors and logs.
func TestAListHasNoTextThatIsNoHost(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"fe80::1%\x1b[2J\x07", "[fe80::1%a b]:8848", "::1%x]@canary", "http://[fe80::1%25%1b]:8848", "fe80::1%", "a%b", "\u202eh",
		strings.Repeat("a", 254), "fe80::1%" + strings.Repeat("a", 254),
	} {
		if _, _, named := nacos.URLs(nacos.Config{Endpoint: "finder"}, line); named != "" {
			t.Errorf("the line %.40q of a list is taken for the server %.80q", line, named)
		}
	}
	for line, want := range map[string]string{
		"fe80::1%eth0": "http://[fe80::1%eth0]:8848/nacos", "[fe80::1%eth0]:1": "http://[fe80::1%eth0]:1/nacos", "::1": "http://[::1]:8848/nacos",
		strings.Repeat("a", 253): "http://" + strings.Repeat("a", 253) + ":8848/nacos",
	} {
		if _, _, named := nacos.URLs(nacos.Config{Endpoint: "finder"}, line); named != want {
			t.Errorf("the line %q of a list is taken for %q, want %q", line, named, want)
		}
	}
}

// misnamed is a cluster whose list of namespaces has a hostile id for the name that is given.
type misnamed struct {
	*cluster
	answer string
}

func (m misnamed) Fetch(context.Context, nacos.Fetch) (int, []byte, error) {
	return 200, []byte(m.answer), nil
}

func TestAListOfNamespacesWritesNoErrors(t *testing.T) {
	t.Parallel()
	for _, id := range []string{`\u001b[2J`, `see http://canary/`, strings.Repeat("a", 1<<10)} {
		synctest.Test(t, func(t *testing.T) {
			f := misnamed{newCluster(), `{"code":200,"data":[{"namespace":"` + id + `","namespaceShowName":"dev"}]}`}
			c, err := nacos.NewClientVia(f, nacos.Config{Servers: []string{"a:8848"}, Namespace: "dev"})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			follow(t, c.Config("x.yaml")).trouble()
			time.Sleep(time.Minute)
			if err = follow(t, c.Config("x.yaml")).trouble(); err == nil {
				t.Fatal("a config in a namespace that does not exist has no error")
			}
			if text := err.Error(); len(text) > 1000 || strings.Contains(text, "canary") || strings.ContainsFunc(text, unicode.IsControl) {
				t.Errorf("an error repeats what a server says an id is: %.200q", text)
			}
		})
	}
}

// Clients with other settings must not get each other's session: its login goes where the settings
// of the first say.
func TestClientsShareNoSessionWithOtherSettings(t *testing.T) {
	t.Parallel()
	base := func() nacos.Config {
		return nacos.Config{Servers: []string{"a"}, Endpoint: "finder", Username: "u", Password: nacos.NewPassword("p")}
	}
	if !nacos.Share(base(), base()) {
		t.Fatal("clients with the same settings share no session")
	}
	for what, change := range map[string]func(*nacos.Config){
		"servers":   func(c *nacos.Config) { c.Servers = []string{"a", "b"} },
		"grpc port": func(c *nacos.Config) { c.Servers = []string{"a?grpc=1"} },
		"scheme":    func(c *nacos.Config) { c.Servers = []string{"https://a:8848"} },
		"path":      func(c *nacos.Config) { c.Servers, c.ContextPath = []string{"a:8848/nacos"}, "/other" },
		"endpoint":  func(c *nacos.Config) { c.Endpoint = "finder/other" },
		"redirects": func(c *nacos.Config) { c.AllowRedirects = []string{"10.0.0.0/8"} },
		"namespace": func(c *nacos.Config) { c.Namespace = "dev" },
		"user":      func(c *nacos.Config) { c.Username = "v" },
		"password":  func(c *nacos.Config) { c.Password = nacos.NewPassword("q") },
		"TLS":       func(c *nacos.Config) { c.TLS = new(tls.Config) },
		"plaintext": func(c *nacos.Config) { c.Plaintext = true },
		"labels":    func(c *nacos.Config) { c.Labels = map[string]string{"zone": "a"} },
	} {
		other := base()
		change(&other)
		if nacos.Share(base(), other) {
			t.Errorf("clients with another %s share a session", what)
		}
	}
}
