package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/peers"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// instancePath is where an instance serves its state, if an address has no path.
const instancePath = "/debug/config.json"

// maxState is the size in bytes of the largest state that is read.
const maxState = 32 << 20

// state is what an instance says of itself; see confighttp.JSON.
type state struct {
	Health  observe.Health `json:"health"`
	Report  observe.Report `json:"report"`
	History []struct {
		Why []string `json:"why"`
	} `json:"history"`
}

// instanceURL returns the address of an instance as a URL: HOST:PORT stands for
// http://HOST:PORT/debug/config.json.
func instanceURL(address string) (string, error) {
	full := address
	if !strings.Contains(address, "://") {
		full = "http://" + address
	}
	u, err := url.Parse(full)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.Port() == "" && full != address || u.Port() != "" && !isPort(u.Port()) {
		return "", usage("%s is not an address such as 10.0.0.7:8080 or https://orders.internal%s", shownAddress(address), instancePath)
	}
	if u.User != nil {
		return "", usage("address of instance %s has a user name in it, which every user of this machine can see", u.Host)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = instancePath
	}
	return u.String(), nil
}

// checkAddress returns an error if an address is neither one of an instance nor dns:HOST:PORT.
func checkAddress(address string) error {
	name, byName := strings.CutPrefix(address, "dns:")
	if !byName {
		_, err := instanceURL(address)
		return err
	}
	if host, port, err := net.SplitHostPort(name); err != nil || host == "" || !isPort(port) {
		return usage("%s is not dns:HOST:PORT", shownAddress(address))
	}
	return nil
}

// checkAddresses returns an error if an address is not one of an instance.
func checkAddresses(asked []string) error {
	for _, address := range asked {
		if err := checkAddress(address); err != nil {
			return err
		}
	}
	return nil
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// shownAddress is an address for a message: one with a user name may have a password too.
func shownAddress(address string) string {
	if strings.Contains(address, "@") {
		return "the address of an instance"
	}
	return "instance " + strconv.Quote(address)
}

// instanceTimeout is how long an instance may take to answer.
const instanceTimeout = 10 * time.Second

// instance reads the state of an instance.
func (a *app) instance(ctx context.Context, address string) (*state, error) {
	ctx, cancel := context.WithTimeout(ctx, instanceTimeout)
	defer cancel()
	target, err := instanceURL(address)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	// A redirect could lead anywhere; an instance has none.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		return nil, silence(address, err)
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, exit.With(exit.Denied, fmt.Errorf("instance %s: status %d", address, answer.StatusCode), "the service must allow the host with confighttp.Hosts, or use an IP address")
	default:
		return nil, exit.With(exit.NotFound, fmt.Errorf("instance %s: status %d", address, answer.StatusCode), "give the path at which the service serves confighttp.JSON, such as http://HOST:PORT"+instancePath)
	}
	var s state
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxState))
	if err != nil {
		return nil, silence(address, err)
	}
	if json.Unmarshal(data, &s) != nil || s.Health.Version == 0 && len(s.Health.Layers) == 0 {
		return nil, exit.With(exit.NotFound, fmt.Errorf("instance %s: the answer is not the state of a config", address), "give the path at which the service serves confighttp.JSON")
	}
	return &s, nil
}

// silence is the error of an instance that does not answer.
func silence(address string, err error) error {
	err = reason(err)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("did not answer in time")
	}
	return exit.With(exit.Unreachable, fmt.Errorf("instance %s: %w", address, err), "")
}

// unanswered says why an instance is unknown, for a row that names it.
func unanswered(address string, err error) []string {
	return []string{strings.TrimPrefix(err.Error(), "instance "+address+": ")}
}

// reason is an error of net/http without the address, which the message has already.
func reason(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// addresses returns those of --instance, or else those of the context.
func addresses(given []string, t *target) []string {
	if len(given) > 0 || t == nil {
		return given
	}
	return t.instances
}

// identity is who an instance is, in JSON.
type identity struct {
	Service string `json:"service,omitempty"`
	ID      string `json:"id,omitempty"`
	Struct  string `json:"struct,omitempty"` // the digest of what its struct declares

	version, host, process string
}

// identity returns who the instance is; zero for a service with a nacre that does not say it.
func (s *state) identity() identity {
	i := s.Health.Instance
	return identity{Service: i.Service, ID: i.ID, Struct: s.Health.Struct, version: i.Version, host: i.Host, process: i.Process}
}

// at returns what is compared with other instances, of an instance at an address.
func (i identity) at(address string) peers.Instance {
	return peers.Instance{Address: address, Service: i.Service, Version: i.version, ID: i.ID, Host: i.host, Process: i.process, Struct: i.Struct}
}

// warn writes what instances have in common, or not in common, that an operator should know.
func (a *app) warn(found []peers.Finding) {
	for _, f := range found {
		a.note("warning: %s", f.Text)
	}
}

// layerOf returns the layer of an instance that has a document, by the names that the layer gives.
func (s *state) layerOf(dataID string) (observe.LayerHealth, bool) {
	i := slices.IndexFunc(s.Health.Layers, func(l observe.LayerHealth) bool {
		return slices.Contains(l.Documents, dataID) || slices.Contains(l.Absent, dataID) || l.Name == dataID || strings.HasSuffix(l.Identity, "/"+dataID)
	})
	if i < 0 {
		return observe.LayerHealth{}, false
	}
	return s.Health.Layers[i], true
}

// appliedMD5 returns the md5 of the content in use; empty if the instance hides it, since the
// document holds a secret, or if its source is not Nacos.
func appliedMD5(l observe.LayerHealth) string {
	md5, _ := md5Of(l.Applied)
	return md5
}

// md5Of returns the md5 of a revision, which may be followed by the type of the document.
func md5Of(rev source.Revision) (md5 string, ok bool) {
	if md5, ok = strings.CutPrefix(string(rev), "md5:"); !ok {
		return "", false
	}
	md5, _, _ = strings.Cut(md5, ";")
	return md5, true
}

// verdict says what an instance has done with a document that was published at a time: applied,
// rejected, held, down or behind. An instance hides the md5 of a document with a secret; what it
// says is then about the content only if it has verified since that it has the newest one. A time
// that is not known is the zero time.
func verdict(l observe.LayerHealth, md5 string, published time.Time) (what string, why []string) {
	latest, known := md5Of(l.Latest)
	hidden := md5 != "" && !known
	old := hidden && l.VerifiedAt.Before(published)
	switch {
	case old && l.Down != "":
		return "down", []string{l.Down}
	case old && l.Stale:
		return "stale", staleSince(l)
	case old, hidden && l.Latest != l.Applied && len(l.Rejected)+len(l.Held) == 0 && l.Down == "":
		return "behind", nil
	case known && md5 != "" && latest != md5 && (len(l.Rejected) > 0 || len(l.Held) > 0):
		return "behind", nil // what it says is about another content, and the one of the server is on its way
	case len(l.Rejected) > 0:
		return "rejected", l.Rejected
	case len(l.Held) > 0:
		return "held", l.Held
	case l.Down != "":
		return "down", []string{l.Down}
	case appliedMD5(l) == "", md5 == "":
		if l.Stale {
			return "stale", staleSince(l)
		}
		return "current", nil // it hides the md5, and has what it last saw
	case appliedMD5(l) == md5:
		return "applied", nil
	}
	return "behind", nil
}

func staleSince(l observe.LayerHealth) []string {
	return []string{"last verified " + l.VerifiedAt.UTC().Format(time.RFC3339)}
}

// explained are keys of an instance in JSON.
type explained struct {
	Instance string                `json:"instance"`
	Version  int64                 `json:"version"`
	Keys     []observe.Explanation `json:"keys"`
}

func errNoKey(address, key string) error {
	return exit.With(exit.NotFound, fmt.Errorf("instance %s has no key %s", address, key), "nacre explain --instance "+address+" -o name lists its keys")
}
