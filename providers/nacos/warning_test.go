package nacos_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/nacos"
)

// Where requests go by what the Config says, and by what an address server says.
func TestSchemes(t *testing.T) {
	t.Parallel()
	const answer = "a\nhttp://b:1\nhttps://c:2/x\nd:3/y"
	withTLS := &tls.Config{}
	for name, tc := range map[string]struct {
		cfg                      nacos.Config
		servers, endpoint, named string
	}{
		"nothing said": {
			nacos.Config{Servers: []string{"s", "http://t", "https://u:443", "v:1/w"}},
			"http://s:8848/nacos http://t:8848/nacos https://u:443/nacos http://v:1/w", "", "",
		},
		"TLS": {
			nacos.Config{Servers: []string{"s", "https://u:443", "v:1/w?grpc=2"}, TLS: withTLS},
			"https://s:8848/nacos https://u:443/nacos https://v:1/w", "", "",
		},
		"TLS and http": {
			nacos.Config{Servers: []string{"http://s"}, TLS: withTLS},
			"server 1 is http although TLS is set; use https, or, if you trust the network and its HTTP has no TLS, set Plaintext (NACOS_PLAINTEXT=true)", "", "",
		},
		"TLS and plaintext": {
			nacos.Config{Servers: []string{"s", "http://t", "https://u:443"}, TLS: withTLS, Plaintext: true, Endpoint: "e"},
			"http://s:8848/nacos http://t:8848/nacos https://u:443/nacos", "http://e:8080/nacos/serverlist",
			"http://a:8848/nacos http://b:1/nacos https://c:2/x http://d:3/y",
		},
		"an address server": {
			nacos.Config{Endpoint: "e"}, "", "http://e:8080/nacos/serverlist",
			"http://a:8848/nacos http://b:1/nacos https://c:2/x http://d:3/y",
		},
		"an address server with TLS": {
			nacos.Config{Endpoint: "e", TLS: withTLS}, "", "https://e:8080/nacos/serverlist",
			"https://a:8848/nacos https://b:1/nacos https://c:2/x https://d:3/y",
		},
		"a plain address server with TLS": {
			nacos.Config{Endpoint: "http://e/l", TLS: withTLS}, "", "http://e:80/l",
			"https://a:8848/nacos https://b:1/nacos https://c:2/x https://d:3/y",
		},
		"an address server beside an https server": {
			nacos.Config{Servers: []string{"https://s"}, Endpoint: "e"}, "https://s:8848/nacos", "http://e:8080/nacos/serverlist",
			"https://a:8848/nacos https://b:1/nacos https://c:2/x https://d:3/y",
		},
	} {
		servers, endpoint, named := nacos.URLs(tc.cfg, answer)
		if servers != tc.servers || endpoint != tc.endpoint || named != tc.named {
			t.Errorf("%s: requests go to\n %s\n %s\n %s\nwant\n %s\n %s\n %s", name, servers, endpoint, named, tc.servers, tc.endpoint, tc.named)
		}
	}
}

func plainSignature(context.Context, nacos.Key) (map[string]string, error) {
	return map[string]string{"Spas-Signature": "x"}, nil
}

// Credentials that can be read on their way are warned of, once, and nothing else is.
func TestCredentialsInClearAreWarnedOf(t *testing.T) {
	t.Parallel()
	with := func(change func(*nacos.Config)) nacos.Config {
		cfg := login
		cfg.Servers = []string{"a:8848", "b:8848"}
		change(&cfg)
		return cfg
	}
	noLogin := func(c *nacos.Config) { c.Username, c.Password = "", nacos.Password{} }
	for name, tc := range map[string]struct {
		cfg  nacos.Config
		want int
	}{
		"a login": {with(func(*nacos.Config) {}), 1},
		"a login by HTTPS, and a token by gRPC in the clear": {with(func(c *nacos.Config) { c.Servers = []string{"https://a:8848"} }), 1},
		"a signature":                 {with(func(c *nacos.Config) { noLogin(c); c.Signer = &nacos.Signer{Sign: plainSignature} }), 1},
		"a network that is trusted":   {with(func(c *nacos.Config) { c.Plaintext = true }), 0},
		"TLS":                         {with(func(c *nacos.Config) { c.TLS = &tls.Config{} }), 0},
		"TLS for gRPC alone, as said": {with(func(c *nacos.Config) { c.TLS, c.Plaintext = &tls.Config{}, true }), 0},
		"no login":                    {with(noLogin), 0},
		"this machine":                {with(func(c *nacos.Config) { c.Servers = []string{"127.0.0.1", "[::1]", "LOCALHOST", "::ffff:127.8.8.8"} }), 0},
		"a list in the clear":         {with(func(c *nacos.Config) { c.TLS, c.Endpoint = &tls.Config{}, "http://finder" }), 1},
		"a list on this machine":      {with(func(c *nacos.Config) { c.TLS, c.Endpoint = &tls.Config{}, "http://127.0.0.1" }), 0},
	} {
		prepare := func(f *cluster) {
			if f.list = []string{"a:8848"}; tc.cfg.Username != "" {
				f.password = "p"
			}
		}
		bubble(t, tc.cfg, prepare, func(t *testing.T, f *cluster, c *nacos.Client, log *events) {
			f.put("x.yaml", "a: 1")
			r := follow(t, c.Config("x.yaml"))
			r.until("a: 1")
			f.cut()
			time.Sleep(time.Minute)
			if got := log.list(nacos.EventUnencryptedCredentials); len(got) != tc.want {
				t.Errorf("%s: %d warnings, want %d: %s", name, len(got), tc.want, log)
			} else if tc.want > 0 && (!errors.Is(got[0].Err, nacos.UnencryptedCredentials) || got[0].Server == "") {
				t.Errorf("%s: the warning is %+v", name, got[0])
			}
		})
	}
}

// A client that comes to a session which has warned is told too.
func TestLaterClientIsWarned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newCluster()
		f.password = "p"
		cfg := login
		cfg.Servers = []string{"a:8848"}
		for range 2 {
			log := newEvents()
			c, err := nacos.NewClientVia(f, cfg, log.hook())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			ready(t, c)
			synctest.Wait()
			if n := len(log.list(nacos.EventUnencryptedCredentials)); n != 1 {
				t.Errorf("the client was warned %d times", n)
			}
		}
	})
}

// Where nobody takes events the warning is logged, once. It changes the default logger, and so is
// not parallel.
func TestWarningIsLogged(t *testing.T) {
	var mu sync.Mutex
	var out bytes.Buffer
	was := slog.Default()
	defer slog.SetDefault(was)
	slog.SetDefault(slog.New(slog.NewTextHandler(writer(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return out.Write(b)
	}), nil)))
	synctest.Test(t, func(t *testing.T) {
		f := newCluster()
		f.password = "canary"
		c, err := nacos.NewClientVia(f, nacos.Config{Servers: []string{"logged:8848"}, Username: "u", Password: nacos.NewPassword("canary")})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ready(t, c)
		f.cut()
		time.Sleep(time.Minute)
	})
	mu.Lock()
	defer mu.Unlock()
	text := out.String()
	if strings.Count(text, "without encryption") != 2 || strings.Count(text, "\n") != 1 || !strings.Contains(text, "logged:8848") ||
		!strings.Contains(text, "NACOS_PLAINTEXT") || strings.Contains(text, "canary") {
		t.Errorf("logged is %q, want one line with the server and the fix", text)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

func TestPlaintextFromEnv(t *testing.T) {
	unset(t)
	t.Setenv("NACOS_SERVER_ADDR", "a,http://b")
	t.Setenv("NACOS_REDIRECTS", "10.0.0.0/8, spare")
	t.Setenv("NACOS_TLS", "true")
	cfg := nacos.FromEnv()
	if cfg.Plaintext || len(cfg.AllowRedirects) != 2 {
		t.Errorf("the environment is read as %+v", cfg)
	}
	if _, err := nacos.NewClient(cfg); !errors.Is(err, nacos.InvalidConfig) {
		t.Errorf("an http server beside %s: %v", "NACOS_TLS", err)
	}
	t.Setenv("NACOS_PLAINTEXT", "true")
	if servers, _, _ := nacos.URLs(nacos.FromEnv(), ""); servers != "http://a:8848/nacos http://b:8848/nacos" {
		t.Errorf("with %s requests go to %s", "NACOS_PLAINTEXT", servers)
	}
	t.Setenv("NACOS_PLAINTEXT", "canary")
	if _, err := nacos.NewClient(nacos.FromEnv()); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("%s that is neither true nor false: %v", "NACOS_PLAINTEXT", err)
	}
}
