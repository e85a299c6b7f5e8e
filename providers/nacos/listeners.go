package nacos

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
)

// Listener is a client that listens to a config, as the server sees it.
type Listener struct {
	IP string
	// MD5 is that of the content that the client has reported. Clients of this package report the
	// live content: after a rejected content it is that of the previous one.
	MD5 string
}

// Listeners returns the clients that listen to a config and what they have applied, sorted by
// address. It uses the HTTP interface, and the server asks the other servers of its cluster. A
// server has one row for each address: two processes on one host, or behind one NAT, share it, and
// it has the md5 of one of them. Options and errors are those of [Client.History].
func (c *Client) Listeners(ctx context.Context, dataID string, opts ...SourceOption) ([]Listener, error) {
	k, err := c.named(dataID, opts)
	if err != nil {
		return nil, err
	}
	var all []Listener
	err = c.on(ctx, 0, true, func(ctx context.Context, s *session, conn *conn) error {
		body, err := s.console(ctx, conn, k, "read listeners of",
			call{method: http.MethodGet, path: "/v1/cs/configs/listener", query: about2(k), most: pageBytes},
			call{method: http.MethodGet, path: "/v3/admin/cs/config/listener", query: about3(k), most: pageBytes, writes: true},
		)
		if err != nil {
			return err
		}
		var got struct {
			Two   map[string]string `json:"lisentersGroupkeyStatus"` // the misspelling of the protocol
			Three map[string]string `json:"listenersStatus"`
		}
		if json.Unmarshal(body, &got) != nil {
			return BadResponse.fail("read listeners of", k.String())
		}
		all = nil
		for _, group := range []map[string]string{got.Two, got.Three} {
			for ip, md5 := range group {
				all = append(all, Listener{IP: ip, MD5: md5})
			}
		}
		slices.SortFunc(all, func(a, b Listener) int { return cmp.Compare(a.IP, b.IP) })
		return nil
	})
	return all, err
}

// named returns the key of a call.
func (c *Client) named(dataID string, opts []SourceOption) (Key, error) {
	var o sourceOptions
	for _, opt := range opts {
		opt.applySource(&o)
	}
	k := c.key(dataID, o)
	if problems := k.problems(); problems != nil {
		return k, errBadKey(k, problems)
	}
	return k, nil
}
