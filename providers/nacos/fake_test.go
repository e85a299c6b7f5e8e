package nacos_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// cluster is a scripted Nacos without a network, for bubbles of synctest. Its servers share their
// configs.
type cluster struct {
	mu      sync.Mutex
	docs    map[string]string // by group/dataId
	times   map[string]int64  // when they were put, by the same
	down    map[string]bool   // by host:port: refuses connections
	silent  bool              // answers nothing
	starts  bool              // is not ready
	lost    bool              // pushes are lost
	lie     int               // answers to come whose md5 is wrong
	deny    bool              // 403 to every config request
	odd     string            // answer to every config request, of a type that is none
	nag     bool              // says "changed" of every key, whatever it has
	own     map[string]behind // what a server has in place of docs, by host:port
	mode    string            // "standalone" or "cluster"; empty if the servers do not tell
	list    []string          // what the address server names; nil: it is down
	refuse  string            // a data ID that it takes for wrong where it is listened to
	refused string            // and the beginning of others
	wrong   bool              // takes every listen for wrong
	failed  int               // code 500 to so many listens that come next
	latency time.Duration
	typ     string // of all configs

	via nacos.Transport // between the client and this; nil: nothing

	signature string // what requests must carry; empty: nothing

	negotiates bool            // says that it negotiates abilities
	abilities  map[string]bool // what it confirms a set-up with; nil: it does not confirm
	setups     []string        // the bodies of set-ups

	password string
	ttl      time.Duration
	token    string

	links []*fakeLink
	log   []call
	opens []open
}

// behind is what one server of a cluster has instead of what the others have, by group/dataId.
type behind map[string]struct {
	text   string // "": nothing
	millis int64
}

type call struct {
	at   time.Time
	typ  string
	link *fakeLink
	md5s map[string]string // of a listen
	key  string
}

type open struct {
	at     time.Time
	server string
	failed bool
}

func newCluster() *cluster {
	return &cluster{docs: map[string]string{}, times: map[string]int64{}, down: map[string]bool{}, ttl: 5 * time.Hour, typ: "yaml"}
}

var errFakeRefused = &source.Error{Kind: source.Unavailable, Op: "connect to", Document: "server", Err: nacos.ConnectionRefused}

func (f *cluster) Open(_ context.Context, server nacos.Address) (nacos.Link, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opens = append(f.opens, open{time.Now(), server.String(), f.down[server.String()]})
	if f.down[server.String()] {
		return nil, errFakeRefused
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &fakeLink{f: f, server: server.String(), ctx: ctx, cancel: cancel, in: make(chan nacos.Message, 100), listens: map[string]bool{}}
	f.links = append(f.links, l)
	return l, nil
}

func (f *cluster) ProbePort(_ context.Context, server nacos.Address) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.down[server.String()]
}

func (f *cluster) Login(ctx context.Context, server nacos.Address, _ nacos.Settings) (nacos.Grant, error) {
	f.mu.Lock()
	f.log = append(f.log, call{at: time.Now(), typ: "login", key: server.String()})
	silent, password := f.silent, f.password
	f.mu.Unlock()
	if silent {
		<-ctx.Done()
		return nacos.Grant{}, &source.Error{Kind: source.Timeout, Op: "login to", Document: server.String()}
	}
	if password == "" {
		return nacos.Grant{}, &source.Error{Kind: source.PermissionDenied, Op: "login to", Document: server.String()}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.token += "t"
	return nacos.NewGrant(f.token, f.ttl), nil
}

// Fetch is what an address server answers, and what a server says about itself.
func (f *cluster) Fetch(_ context.Context, what nacos.Fetch) (int, []byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if strings.Contains(what.URL(), "/server/state") {
		if f.mode == "" {
			return 0, nil, errFakeRefused
		}
		return 200, []byte(`{"version":"2.3.2","startup_mode":"` + f.mode + `"}`), nil
	}
	f.log = append(f.log, call{at: time.Now(), typ: "fetch"})
	if f.list == nil {
		return 0, nil, errFakeRefused
	}
	return 200, []byte(strings.Join(f.list, "\n")), nil
}

type fakeLink struct {
	f          *cluster
	server     string
	ctx        context.Context
	cancel     context.CancelFunc
	in         chan nacos.Message
	registered bool
	listens    map[string]bool
	acks       []string
}

func (l *fakeLink) LocalIP() string { return "192.0.2.1" }
func (l *fakeLink) Close()          { l.cancel() }

func (l *fakeLink) Recv() (nacos.Message, error) {
	select {
	case m := <-l.in:
		return m, nil
	case <-l.ctx.Done():
		return nacos.Message{}, &source.Error{Kind: source.Unavailable, Op: "ask", Document: l.server, Err: errors.New("cut")}
	}
}

func (l *fakeLink) Send(m nacos.Message) error {
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	if m.Type == "ConnectionSetupRequest" {
		l.registered = true
		l.f.setups = append(l.f.setups, string(m.Body))
		if l.f.abilities != nil {
			l.sendLocked("SetupAckRequest", body{"requestId": "0", "abilityTable": l.f.abilities})
		}
	} else {
		l.acks = append(l.acks, m.Type)
	}
	return nil
}

func (l *fakeLink) Call(ctx context.Context, m nacos.Message) (nacos.Message, error) {
	l.f.mu.Lock()
	silent, latency := l.f.silent, l.f.latency
	l.f.mu.Unlock()
	wait := time.After(latency)
	if silent {
		wait = nil
	}
	// The answer is what is there when the request arrives.
	answer, err := l.answer(m)
	select {
	case <-wait:
		return answer, err
	case <-ctx.Done():
		return nacos.Message{}, &source.Error{Kind: source.Timeout, Op: "ask", Document: l.server, Err: errors.New("no answer in time")}
	case <-l.ctx.Done():
		return nacos.Message{}, &source.Error{Kind: source.Unavailable, Op: "ask", Document: l.server, Err: errors.New("cut")}
	}
}

func (l *fakeLink) answer(m nacos.Message) (nacos.Message, error) {
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	typ := strings.TrimSuffix(m.Type, "Request") + "Response"
	switch {
	case l.f.starts:
		typ = "ErrorResponse"
	case m.Type == "ConfigBatchListenRequest":
		typ = "ConfigChangeBatchListenResponse"
	}
	if l.f.odd != "" && strings.HasPrefix(m.Type, "Config") {
		return nacos.Message{Type: "OddResponse", Body: []byte(l.f.odd)}, nil
	}
	body, err := json.Marshal(l.answerLocked(m))
	return nacos.Message{Type: typ, Body: body}, err
}

type body map[string]any

func (l *fakeLink) answerLocked(m nacos.Message) body {
	f := l.f
	var req struct {
		DataID, Group string
		Listen        bool
		Contexts      []struct{ DataID, Group, MD5 string } `json:"configListenContexts"`
	}
	_ = json.Unmarshal(m.Body, &req)
	c := call{at: time.Now(), typ: m.Type, link: l, key: req.Group + "/" + req.DataID}
	if m.Type == "ConfigBatchListenRequest" {
		c.md5s = map[string]string{}
		for _, k := range req.Contexts {
			c.md5s[k.Group+"/"+k.DataID] = k.MD5
		}
	}
	f.log = append(f.log, c)

	code := func(n int) body { return body{"resultCode": 500, "errorCode": n} }
	switch {
	case f.starts:
		return code(300)
	case m.Type == "ServerCheckRequest":
		return body{"resultCode": 200, "supportAbilityNegotiation": f.negotiates}
	case !l.registered:
		return code(301)
	case m.Type == "HealthCheckRequest":
		return body{"resultCode": 200}
	case f.deny, f.signature != "" && m.Headers["Spas-Signature"] != f.signature, f.password != "" && m.Headers["accessToken"] != f.token:
		return code(403)
	}
	switch m.Type {
	case "ConfigBatchListenRequest":
		if f.failed > 0 {
			f.failed--
			return code(500)
		}
		for _, k := range req.Contexts {
			if f.wrong || k.DataID == f.refuse || f.refused != "" && strings.HasPrefix(k.DataID, f.refused) {
				return code(400)
			}
		}
		changed := []body{}
		for _, k := range req.Contexts {
			key := k.Group + "/" + k.DataID
			l.listens[key] = req.Listen
			if text, _, ok := f.atLocked(l.server, key); f.nag || !ok && k.MD5 != "" || ok && k.MD5 != sumOf(text) {
				changed = append(changed, body{"dataId": k.DataID, "group": k.Group})
			}
		}
		return body{"resultCode": 200, "changedConfigs": changed}
	case "ConfigQueryRequest":
		text, millis, ok := f.atLocked(l.server, c.key)
		if !ok {
			return code(300)
		}
		sum := sumOf(text)
		if f.lie != 0 {
			f.lie--
			sum = "00000000000000000000000000000000"
		}
		return body{"resultCode": 200, "content": text, "md5": sum, "contentType": f.typ, "lastModified": millis}
	}
	return code(302)
}

func (f *cluster) sumLocked(key string) string {
	text, ok := f.docs[key]
	if !ok {
		return ""
	}
	return sumOf(text)
}

// atLocked returns what a server has of a key.
func (f *cluster) atLocked(server, key string) (text string, millis int64, ok bool) {
	if d, found := f.own[server][key]; found {
		return d.text, d.millis, d.text != ""
	}
	text, ok = f.docs[key]
	return text, f.times[key], ok
}

// keeps makes a server keep what it has of a config, whatever the others get.
func (f *cluster) keeps(server, dataID string) {
	f.do(func() {
		text, millis, _ := f.atLocked(server, group+"/"+dataID)
		if f.own == nil {
			f.own = map[string]behind{}
		}
		if f.own[server] == nil {
			f.own[server] = behind{}
		}
		f.own[server][group+"/"+dataID] = struct {
			text   string
			millis int64
		}{text, millis}
	})
}

// lacks makes a server have nothing of a config, whatever the others get.
func (f *cluster) lacks(server, dataID string) {
	f.keeps(server, dataID)
	f.do(func() { f.own[server][group+"/"+dataID] = behind{}[""] })
}

// catchesUp ends keeps.
func (f *cluster) catchesUp(server string) {
	f.do(func() {
		for key := range f.own[server] {
			delete(f.own[server], key)
			f.pushLocked(strings.TrimPrefix(key, group+"/"))
		}
	})
}

func (f *cluster) do(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// put sets a config and pushes it.
func (f *cluster) put(dataID, text string) {
	f.do(func() {
		f.docs[group+"/"+dataID], f.times[group+"/"+dataID] = text, time.Now().UnixMilli()
		f.pushLocked(dataID)
	})
}

func (f *cluster) delete(dataID string) {
	f.do(func() { delete(f.docs, group+"/"+dataID); f.pushLocked(dataID) })
}

func (f *cluster) pushLocked(dataID string) {
	if f.lost {
		return
	}
	for _, l := range f.links {
		if _, kept := f.own[l.server][group+"/"+dataID]; !kept && l.listens[group+"/"+dataID] && l.ctx.Err() == nil {
			l.sendLocked("ConfigChangeNotifyRequest", body{"requestId": "1", "dataId": dataID, "group": group})
		}
	}
}

func (l *fakeLink) sendLocked(typ string, b body) {
	raw, _ := json.Marshal(b)
	l.in <- nacos.Message{Type: typ, Body: raw}
}

// declare puts n configs, and follows each.
func (f *cluster) declare(t *testing.T, c *nacos.Client, n int) []*reader {
	readers := make([]*reader, n)
	for i := range readers {
		id := fmt.Sprintf("%d.yaml", i)
		f.put(id, "a: 1")
		readers[i] = follow(t, c.Config(id))
	}
	return readers
}

// allRead waits until readers have what declare has put, and says how long that took.
func allRead(readers []*reader) time.Duration {
	begin := time.Now()
	for _, r := range readers {
		r.until("a: 1")
	}
	return time.Since(begin)
}

// listening reports whether the newest link listens to a config.
func (f *cluster) listening(dataID string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.links[len(f.links)-1].listens[group+"/"+dataID]
}

// cut breaks every link.
func (f *cluster) cut() {
	f.do(func() {
		for _, l := range f.links {
			l.cancel()
		}
	})
}

func (f *cluster) calls(typ string) (found []call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.log {
		if c.typ == typ {
			found = append(found, c)
		}
	}
	return found
}

// told is the md5 that the server was told last for a key.
func (f *cluster) told(dataID string) string {
	md5 := "never"
	for _, c := range f.calls("ConfigBatchListenRequest") {
		if m, ok := c.md5s[group+"/"+dataID]; ok {
			md5 = m
		}
	}
	return md5
}

func (f *cluster) attempts() []open {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.opens)
}

func sumOf(text string) string {
	h := md5.Sum([]byte(text))
	return hex.EncodeToString(h[:])
}

// bubble runs a test with a faked clock, on a cluster and a client of it.
func bubble(t *testing.T, cfg nacos.Config, prepare func(*cluster), test func(*testing.T, *cluster, *nacos.Client, *events), opts ...nacos.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newCluster()
		if prepare != nil {
			prepare(f)
		}
		via := nacos.Transport(f)
		if f.via != nil {
			via = f.via
		}
		if len(cfg.Servers) == 0 && cfg.Endpoint == "" {
			cfg.Servers = []string{"a:8848"}
		}
		log := newEvents()
		c, err := nacos.NewClientVia(via, cfg, append(opts, log.hook())...)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			begin := time.Now()
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(begin); took > time.Second {
				t.Errorf("Close took %v; it must end at once whatever the server does", took)
			}
		}()
		test(t, f, c, log)
	})
}
