package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
)

// node checks one server, and reports whether a session with it works.
func (x *examination) node(ctx context.Context, n *node) bool {
	if !x.name(ctx, n) {
		return false
	}
	x.http(ctx, n)
	return x.session(ctx, n)
}

// name checks that the host has an address.
func (x *examination) name(ctx context.Context, n *node) bool {
	if net.ParseIP(n.host) != nil {
		return true
	}
	ctx, cancel := x.within(ctx)
	defer cancel()
	found, err := net.DefaultResolver.LookupHost(ctx, n.host)
	if err != nil {
		x.add(Finding{
			Check: "dns", Target: n.addr, Result: Fail, Code: nacos.UnknownHost.Name(), Text: nacos.UnknownHost.Error(),
			Fix: "check the server address for a typo, and the DNS of this machine",
		})
		return false
	}
	x.pass("dns", n.addr, strings.Join(found, ", "))
	return true
}

// generations are the paths at which the generations of Nacos report their state, the newest last.
var generations = []struct{ name, path string }{
	{"v1", "/v1/console/server/state"},
	{"v3", "/v3/admin/core/state"},
}

// http checks the HTTP port, and finds the kind and the version of the server, and its clock. The
// session with the server needs the port for a login, for the history and for listeners only, so a
// failure here is a warning; the check of the session decides.
func (x *examination) http(ctx context.Context, n *node) {
	for i, generation := range generations {
		sent := x.Now()
		got, err := x.fetch(ctx, n.base+generation.path)
		if err != nil {
			f := Finding{
				Check: "http", Target: n.addr, Result: Warn, Code: nacos.Unreachable.Name(), Text: short(err),
				Fix: "open the HTTP port: a login, the history and the listeners need it; check also that the server expects " + scheme(n.base),
			}
			if errors.Is(err, http.ErrSchemeMismatch) {
				f.Text = "the server speaks http, and the settings say https"
				f.Fix = "write the address as http://" + n.addr + "; " + x.User.Fix(nacos.UnencryptedCredentials)
			}
			x.add(f)
			return
		}
		if i == 0 {
			x.pass("http", n.addr, "the port is open")
			x.clock(n, got.header, sent)
		}
		if said := readState(got); said != nil {
			x.server(n, generation.name, said)
			return
		}
	}
	x.add(Finding{
		Check: "server", Target: n.addr, Result: Warn, Code: nacos.NotNacos.Name(), Text: "the port speaks HTTP, but does not report its state as Nacos 2 and 3 do",
		Fix: "check the port and the context path; a gateway in front, or another implementation such as r-nacos, may answer so",
	})
}

func scheme(base string) string {
	s, _, _ := strings.Cut(base, "://")
	return s
}

// readState returns the properties that a server reports, or nil.
func readState(got answer) state {
	if got.status != http.StatusOK {
		return nil
	}
	var said state
	if json.Unmarshal(got.body, &said) != nil {
		return nil
	}
	if data, ok := said["data"].(map[string]any); ok { // generation 3 wraps it
		said = data
	}
	if _, ok := said["version"].(string); !ok {
		return nil
	}
	return said
}

// server reports what the server says about itself.
func (x *examination) server(n *node, generation string, s state) {
	text := "Nacos " + s.get("version")
	if mode := s.get("startup_mode"); mode != "" {
		text += ", " + mode
	}
	if s.get("function_mode") == "naming" {
		x.add(Finding{Check: "server", Target: n.addr, Result: Fail, Text: "the server runs with naming only", Fix: "start it without the function mode \"naming\""})
		return
	}
	x.pass("server", n.addr, text+", HTTP interface "+generation)
	x.authentication(n, s)
	x.limits(n, s)
	x.database(n, s)
}

// clean keeps a text of a server short and printable.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), 40)]
}

// The difference of two clocks that is worth a word, and the one with which signatures fail.
const (
	noticeable = 5 * time.Second
	signatures = 5 * time.Minute
)

// clock compares the clock of the server with that of this machine. The header has whole seconds.
func (x *examination) clock(n *node, header http.Header, sent time.Time) {
	const check = "clock"
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		x.skip(check, n.addr, "the answer has no time")
		return
	}
	took := x.Now().Sub(sent)
	apart := date.Add(time.Second / 2).Sub(sent.Add(took / 2)).Abs()
	f := Finding{Check: check, Target: n.addr, Text: fmt.Sprintf("%v apart", apart.Round(time.Second)), Fix: "synchronize the clocks of both machines"}
	switch {
	case apart > signatures && x.Config.Signer != nil:
		f.Result, f.Code = Fail, nacos.SignatureRejected.Name()
		f.Text += "; the server rejects signatures of another time"
	case apart > noticeable:
		f.Result = Warn
		f.Text += "; ages of configs and the order of changes are shown wrong"
	default:
		f.Result, f.Fix, f.Text = Pass, "", "equal, to the second"
		if apart > time.Second {
			f.Text = fmt.Sprintf("%v apart", apart.Round(time.Second))
		}
	}
	x.add(f)
}

// session connects to this server alone, and logs in.
func (x *examination) session(ctx context.Context, n *node) bool {
	client, took, err := x.connect(ctx, n)
	if err != nil {
		check := "grpc"
		if isLogin(err) {
			check = "login"
		}
		x.add(x.failure(check, n.addr, err))
		return false
	}
	_ = client.Close()
	x.pass("grpc", n.addr, fmt.Sprintf("registered after %v", took.Round(time.Millisecond)))
	switch {
	case x.Config.Signer != nil:
		x.pass("login", n.addr, "requests are signed")
	case x.Config.Username != "":
		x.pass("login", n.addr, "as "+x.Config.Username)
	default:
		x.pass("login", n.addr, "none was needed to connect")
	}
	return true
}

// connect returns a client of this server alone. It gives up at the first failure: a session
// tries again and again.
func (x *examination) connect(ctx context.Context, n *node) (*nacos.Client, time.Duration, error) {
	ctx, cancel := x.within(ctx)
	defer cancel()
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	cfg := x.Config
	cfg.Endpoint, cfg.Servers, cfg.AllowRedirects = "", []string{n.text}, nil
	began := time.Now()
	client, err := nacos.NewClient(cfg, nacos.OnEvent(func(e nacos.Event) {
		if e.Kind == nacos.EventConnectFailed || e.Kind == nacos.EventLoginFailed {
			giveUp(e.Err)
		}
	}))
	if err != nil {
		return nil, 0, err
	}
	if err := client.WaitReady(ctx); err != nil {
		_ = client.Close()
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.DeadlineExceeded) {
			err = cause
		}
		return nil, 0, err
	}
	return client, time.Since(began), nil
}
