package doctor

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
	"github.com/nacre-go/nacre/providers/nacos"
)

// node is one server of the cluster.
type node struct {
	text string // as the settings have it
	host string
	addr string // host:port of HTTP
	base string // of its HTTP paths: http://host:port/nacos
}

// settings checks the settings and returns the nodes. It reports false if nothing can be checked.
func (x *examination) settings(ctx context.Context) ([]node, bool) {
	const check = "settings"
	client, err := nacos.NewClient(x.Config)
	if err != nil {
		x.add(x.failure(check, "", err))
		return nil, false
	}
	_ = client.Close() // it was only to check the settings
	texts := x.Config.Servers
	if x.Config.Endpoint != "" {
		if texts = x.addressServer(ctx); len(texts) == 0 {
			texts = x.Config.Servers
		}
	}
	var nodes []node
	for _, text := range texts {
		if n, err := x.parse(text); err == nil {
			nodes = append(nodes, n)
		}
	}
	if len(nodes) == 0 {
		return nil, false
	}
	x.pass(check, "", fmt.Sprintf("%s, namespace %s, group %s", plural.Count(len(nodes), "server"), cmp.Or(x.Config.Namespace, "public"), cmp.Or(x.Config.Group, "DEFAULT_GROUP")))
	return nodes, true
}

// parse reads an address that nacos.NewClient accepts.
func (x *examination) parse(text string) (node, error) {
	n := node{text: text}
	bare, _, _ := strings.Cut(strings.TrimSpace(text), "?")
	if !strings.Contains(bare, "://") {
		bare = x.scheme() + "://" + bare
	}
	u, err := url.Parse(bare)
	if err != nil {
		return n, err
	}
	n.host = u.Hostname()
	n.addr = net.JoinHostPort(n.host, cmp.Or(u.Port(), "8848"))
	path := strings.TrimRight(u.Path, "/")
	if path == "" {
		path = strings.TrimRight("/"+strings.Trim(cmp.Or(x.Config.ContextPath, "/nacos"), "/"), "/")
	}
	n.base = u.Scheme + "://" + n.addr + path
	return n, nil
}

func (x *examination) scheme() string {
	if x.Config.TLS != nil && !x.Config.Plaintext {
		return "https"
	}
	return "http"
}

// addressServer returns what the address server lists, unchanged.
func (x *examination) addressServer(ctx context.Context) []string {
	const check = "address server"
	text := x.Config.Endpoint
	hasPort := strings.Contains(text, "://")
	if !hasPort {
		text = x.scheme() + "://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil // NewClient would have refused it
	}
	if u.Port() == "" && !hasPort {
		u.Host = net.JoinHostPort(u.Hostname(), "8080")
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/nacos/serverlist"
	}
	answer, err := x.fetch(ctx, u.String())
	if err != nil {
		x.add(Finding{Check: check, Target: u.Host, Result: Fail, Code: nacos.NoServers.Name(), Text: short(err), Fix: x.User.Fix(nacos.NoServers)})
		return nil
	}
	var found []string
	for line := range strings.FieldsFuncSeq(string(answer.body), func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		if _, err := nacos.NewClient(nacos.Config{Servers: []string{line}}); err == nil {
			found = append(found, strings.TrimSpace(line))
		}
	}
	if answer.status != http.StatusOK || len(found) == 0 {
		x.add(Finding{
			Check: check, Target: u.Host, Result: Fail, Code: nacos.NoServers.Name(), Text: fmt.Sprintf("status %d, and no server in the answer", answer.status),
			Fix: "its answer must have one server per line, host or host:port",
		})
		return nil
	}
	x.pass(check, u.Host, "lists "+plural.Count(len(found), "server"))
	return found
}

// answer is what an HTTP server returned.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// fetch reads a URL. It follows no redirect and uses no proxy, as the client of nacre.
func (x *examination) fetch(ctx context.Context, target string) (answer, error) {
	ctx, cancel := x.within(ctx)
	defer cancel()
	transport := &http.Transport{TLSClientConfig: x.Config.TLS.Clone(), DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return answer{}, err
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return answer{status: res.StatusCode, header: res.Header, body: body}, err
}

// short returns the cause of a failed request, without its URL.
func short(err error) string {
	if e, ok := err.(*url.Error); ok { //nolint:errorlint // the client returns it as it is
		if e.Timeout() {
			return "no answer in time"
		}
		err = e.Err
	}
	return err.Error()
}
