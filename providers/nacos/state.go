package nacos

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// serverState is what a server says about itself, and about its cluster.
type serverState struct {
	version    [3]int // zero: not told
	standalone bool
	// ownDatabase is whether it is one of a cluster that keeps its configs in a database of its
	// own.
	ownDatabase bool
}

// state asks the server of the connection about itself. The servers of a cluster are alike, so a
// session asks until it has one answer. Servers answer without a login.
func (c *Client) state(ctx context.Context) (is serverState, err error) {
	err = c.on(ctx, 0, true, func(ctx context.Context, s *session, conn *conn) error {
		is, err = s.serverState(ctx, conn)
		return err
	})
	return is, err
}

func (s *session) serverState(ctx context.Context, c *conn) (serverState, error) {
	if known := s.state.Load(); known != nil {
		return *known, nil
	}
	body, err := s.console(ctx, c, Key{}, "read the state of",
		call{method: http.MethodGet, path: statePath, most: fewBytes},
		call{method: http.MethodGet, path: statePathV3, most: fewBytes},
	)
	if err != nil {
		return serverState{}, err
	}
	var said struct {
		Version  string `json:"version"`
		Mode     string `json:"startup_mode"`
		Database string `json:"datasource_platform"`
	}
	if json.Unmarshal(body, &said) != nil {
		return serverState{}, BadResponse.fail("read the state of", c.server.String())
	}
	is := serverState{
		version:     versionOf(said.Version),
		standalone:  said.Mode == "standalone",
		ownDatabase: said.Mode == "cluster" && (said.Database == "" || said.Database == "derby"),
	}
	s.state.Store(&is)
	return is, nil
}

// isAlone reports whether no other server can have what this one does not. Several servers behind
// one address do not say that they are standalone.
func (s *session) isAlone(c *conn) bool {
	if servers, _ := s.known(); len(servers) != 1 {
		return false
	}
	c.askAlone.Do(func() {
		is, err := s.serverState(c.ctx, c)
		c.alone = err == nil && is.standalone
	})
	return c.alone
}

// versionOf reads "2.3.2", and "3.1.0-SNAPSHOT" as 3.1.0.
func versionOf(text string) (v [3]int) {
	text, _, _ = strings.Cut(text, "-")
	for i, part := range strings.SplitN(text, ".", len(v)) {
		part, _, _ = strings.Cut(part, ".")
		n, err := strconv.Atoi(part)
		if err != nil {
			return [3]int{}
		}
		v[i] = n
	}
	return v
}

// namesGrays reports whether a Delete has to name the content for a tag as the server stores it,
// "tag_canary". Servers before 2.5.1 add the prefix themselves.
func (s serverState) namesGrays() bool {
	for i, n := range [3]int{2, 5, 1} {
		if s.version[i] != n {
			return s.version[i] > n
		}
	}
	return true
}
