package nacos

import (
	"context"
	"crypto/tls"
	"iter"
	"strings"
	"time"
	"unsafe"

	"github.com/nacre-go/nacre/source"
)

// What the tests of the session's logic need of the inside: the seam to the network and the
// durations.

type (
	Transport = transport
	Link      = link
	Message   = message
	Address   = address
	Settings  = settings
	Grant     = grant
	Fetch     = fetch
	Timings   = timings
)

func NewGrant(token string, ttl time.Duration) Grant { return grant{token: token, ttl: ttl} }

// NewClientVia is NewClient with a transport of the test's.
func NewClientVia(via Transport, cfg Config, opts ...Option) (*Client, error) {
	return newClient(via, cfg, defaults(), opts)
}

// NewClientForConsole is NewClient with another HTTP interface than that of the server.
func NewClientForConsole(cfg Config, url string, opts ...Option) (*Client, error) {
	return newClient(consoleAt{url: url}, cfg, defaults(), opts)
}

// consoleAt sends what is for the HTTP interface to another address.
type consoleAt struct {
	grpcTransport
	url string
}

// URL returns the address that is fetched.
func (f fetch) URL() string { return f.url }

func (c consoleAt) Fetch(ctx context.Context, f fetch) (int, []byte, error) {
	_, path, _ := strings.Cut(strings.TrimPrefix(f.url, "http://"), "/")
	f.url = c.url + "/" + path
	return c.grpcTransport.Fetch(ctx, f)
}

// Tune changes the durations, for tests in real time.
func Tune(change func(*Timings)) Option { return option(func(o *options) { change(&o.timings) }) }

// ProbePort reports whether a server answers at its gRPC port, which "?grpc=" names.
func ProbePort(ctx context.Context, server string, encrypted *tls.Config) bool {
	a, err := parseAddress(server, defaultPrefix)
	return err == nil && grpcTransport{tls: encrypted}.ProbePort(ctx, a)
}

// Quick makes retries and reports fast enough for tests in real time.
func Quick() Option {
	return Tune(func(t *Timings) {
		t.backMax, t.retryMax, t.report = 200*time.Millisecond, 200*time.Millisecond, 50*time.Millisecond
		t.older = 2 * time.Second
	})
}

// SetBeat sets how often heartbeats are sent, whatever the network, and how long one may be
// unanswered.
func (t *Timings) SetBeat(every, timeout time.Duration) { t.beatEvery, t.beat = every, timeout }

// SetConnect sets how long one try of one server may take.
func (t *Timings) SetConnect(d time.Duration) { t.connect = d }

func DecodePush(body []byte) error {
	var p push
	return decode(body, &p)
}

// DecodeQuery reads an answer to a query and verifies it.
func DecodeQuery(body []byte) (content []byte, md5 string, ok bool) {
	q, err := read[queryReply](message{Body: body})
	if err != nil {
		return nil, "", false
	}
	d, ok := verify(q)
	return d.content, d.md5(), ok
}

func DecodeListen(body []byte) error {
	_, err := read[listenReply](message{Body: body})
	return err
}

func ParseAddress(text string) (string, error) {
	a, err := parseAddress(text, defaultPrefix)
	return a.String(), err
}

func JudgeLogin(code int, body []byte) error {
	_, _, err := readLogin(address{host: "h", port: 1}, code, body)
	return err
}

func ParseEndpoint(text string) (string, error) {
	e, err := parseEndpoint(text, schemeHTTP, defaultPrefix)
	if err != nil {
		return "", err
	}
	return e.url, nil
}

func DecodePayload(b []byte) (typ, ip string, headers map[string]string, body []byte, err error) {
	m, err := decodePayload(b)
	return m.Type, m.ClientIP, m.Headers, m.Body, err
}

// EncodeHead is what goes before a body.
func EncodeHead(typ string, body []byte) []byte { return encodePayload(message{Type: typ, Body: body}) }

func EncodePayload(typ, ip string, headers map[string]string, body []byte) []byte {
	return append(encodePayload(message{Type: typ, ClientIP: ip, Headers: headers, Body: body}), body...)
}

// Weights are the bytes of what each key has.
func Weights() (entryBytes, docBytes, sourceBytes uintptr) {
	return unsafe.Sizeof(entry{}), unsafe.Sizeof(doc{}), unsafe.Sizeof(configSource{})
}

// URLs returns where the HTTP requests of a Config go: to its servers, to its address server, and
// to those that this one names.
func URLs(cfg Config, answer string) (servers, endpoint, named string) {
	s, problems := cfg.check()
	if len(problems) > 0 {
		return strings.Join(problems, "; "), "", ""
	}
	list := func(all []address) string {
		urls := make([]string, len(all))
		for i, a := range all {
			urls[i] = a.url("")
		}
		return strings.Join(urls, " ")
	}
	if s.endpoint == nil {
		return list(s.servers), "", ""
	}
	return list(s.servers), s.endpoint.url, list(s.read([]byte(answer)))
}

// Share reports whether clients of two Configs share a session.
func Share(one, other Config) bool {
	a, _ := one.check()
	b, _ := other.check()
	return identify(nil, a, defaults()) == identify(nil, b, defaults())
}

// SetReconcile sets the time between two comparisons of all keys, however short.
func (t *Timings) SetReconcile(d time.Duration) { t.reconcile = d }

// TakePush gives a session of a Config one message of the stream, and returns where it would go
// now, how many answers it sent, and what it told.
func TakePush(cfg Config, frame []byte) (to string, answers int, told []Event) {
	as, problems := cfg.check()
	m, err := decodePayload(frame)
	if len(problems) > 0 || err != nil {
		return "", 0, nil
	}
	h := &hook{in: make(chan Event, eventQueue)}
	s := &session{settings: as, servers: as.servers, table: newTable(defaults()), hooks: []*hook{h}}
	sent := &answersOnly{}
	c := &conn{link: sent, server: as.servers[0], moveTo: make(chan address, 1), confirmed: make(chan struct{})}
	w := s.table.watch(watchKey{defaultGroup, "*.yaml"}, "")
	_ = s.handle(c, m)
	for id := range w.names {
		if problems := (Key{Group: defaultGroup, DataID: id}).problems(); problems != nil || !strings.HasSuffix(id, ".yaml") {
			told = append(told, Event{Server: "a pattern has the name \n" + id})
		}
	}
	if _, there := s.next(c); there != nil {
		to = there.url("")
	}
	close(h.in)
	for e := range h.in {
		told = append(told, e)
	}
	return strings.TrimPrefix(to, "http://"), sent.n, told
}

type answersOnly struct {
	link
	n int
}

func (a *answersOnly) LocalIP() string    { return "192.0.2.1" }
func (a *answersOnly) Send(message) error { a.n++; return nil }

// Turn is the turn of a call, of those that share one.
func Turn(one chan struct{}) (take func(context.Context) error, give func()) {
	t := &turn{one: one}
	return t.take, t.release
}

// Kind and Fix are those of an error with the code.
func (c Code) Kind() source.Kind { return c.kind() }
func (c Code) Fix() string       { return c.fix() }

// Source is the type of the sources of a client.
type Source = configSource

// Config is Source with the type that the sources of a client have.
func (c *Client) Config(dataID string, opts ...SourceOption) *Source {
	return c.Source(dataID, opts...).(*configSource)
}

// Codes returns all codes in ascending order.
func Codes() []Code {
	var all []Code
	for c := range Code(255) {
		if _, ok := codes[c]; ok {
			all = append(all, c)
		}
	}
	return all
}

// Matches reports whether a name matches a pattern of List.
func Matches(pattern, name string) bool { return matches(pattern, name) }

// NamesGrays reports what a client does on a server that says that it has this version.
func NamesGrays(version string) bool { return serverState{version: versionOf(version)}.namesGrays() }

// ServerPattern returns the pattern with which a server is asked for what a pattern matches.
func ServerPattern(pattern string) string { return serverPattern(pattern) }

// DataIDs returns the data IDs of names of a server that are in a group.
func DataIDs(group string, names ...string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range names {
			if id, ok := dataIDOf(name, group); ok && !yield(id) {
				return
			}
		}
	}
}
