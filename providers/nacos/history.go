package nacos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HistoryEntry is one change of a config.
type HistoryEntry struct {
	ID   int64 // identifies the entry for [Client.PreviousContent]
	Key  Key
	Op   string // "insert", "update" or "delete"
	Time time.Time
	User string // who made the change; may be empty
	IP   string // where the request came from
	App  string // the application, if it was published with [App]
}

// historyPage is the number of entries in a page: the maximum of a server.
const historyPage = 500

// The limits of a history, whatever the server returns. A history of 30 days is far below.
const (
	pageBytes   = 4 << 20  // of one answer
	maxHistory  = 64 << 20 // of all answers and entries
	changeBytes = 256      // of an entry without its texts
)

// History returns the changes of a config, the newest first, at most limit entries; 0 means all
// that the server has kept, which is 30 days by default. Of the options only [Group] has a meaning
// here. History uses the HTTP interface, for which a Nacos 3 requires the permissions of an
// administrator. Errors are those of [Client.Get], and NotSupported if the server has no such
// interface. A config that never existed has an empty history.
func (c *Client) History(ctx context.Context, dataID string, limit int, opts ...SourceOption) ([]HistoryEntry, error) {
	k, err := c.named(dataID, opts)
	if err != nil {
		return nil, err
	}
	var all []HistoryEntry
	err = c.on(ctx, 0, true, func(ctx context.Context, s *session, conn *conn) error {
		all = nil
		held := 0
		for page := 1; ; page++ {
			size := historyPage
			if limit > 0 {
				size = min(limit, historyPage)
			}
			items, read, more, err := s.history(ctx, conn, k, page, size)
			if err != nil {
				return err
			}
			if held += read; held > maxHistory {
				all = nil
				return BadResponse.failAs("read history of", k.String(), "the history is too long; set a limit")
			}
			all = append(all, items...)
			if limit > 0 && len(all) >= limit {
				all = all[:limit]
				return nil
			}
			if !more {
				return nil
			}
		}
	})
	return all, err
}

// PreviousContent returns the content that a config had before a change; for an insert, the
// inserted content, since that is what Nacos stores. To revert a change, publish its previous
// content.
func (c *Client) PreviousContent(ctx context.Context, change HistoryEntry) (Item, error) {
	k := change.Key
	item := Item{Key: k, Modified: change.Time}
	if problems := k.problems(); problems != nil {
		return item, errBadKey(k, problems)
	}
	id := strconv.FormatInt(change.ID, 10)
	err := c.on(ctx, 0, true, func(ctx context.Context, s *session, conn *conn) error {
		body, err := s.console(ctx, conn, k, "read history of",
			call{method: http.MethodGet, path: "/v1/cs/history", query: with(about2(k), "nid", id)},
			call{method: http.MethodGet, path: "/v3/admin/cs/history", query: with(about3(k), "nid", id)},
		)
		missing := errors.Is(err, BadRequest) // a Nacos 3; the parameters are valid
		if err != nil && !missing {
			return err
		}
		var got struct {
			Content *string `json:"content"`
			MD5     string  `json:"md5"`
			Type    string  `json:"type"`
		}
		// Some servers answer with an empty body if the entry does not exist.
		if missing || len(body) == 0 || json.Unmarshal(body, &got) == nil && got.Content == nil {
			return ConfigNotFound.failAs("read history of", k.String(), "the history has no such entry")
		}
		if got.Content == nil {
			return BadResponse.fail("read history of", k.String())
		}
		item.Content, item.Type = []byte(*got.Content), got.Type
		item.MD5 = sum(item.Content)
		if got.MD5 != "" && !strings.EqualFold(got.MD5, item.MD5) {
			return errCorrupt(k.String())
		}
		return nil
	})
	return item, err
}

// history reads one page. read is its size as counted by maxHistory.
func (s *session) history(ctx context.Context, c *conn, k Key, page, size int) (items []HistoryEntry, read int, more bool, err error) {
	number := strconv.Itoa(page)
	paged2 := with(with(with(about2(k), "search", "accurate"), "pageNo", number), "pageSize", strconv.Itoa(size))
	paged3 := with(with(about3(k), "pageNo", number), "pageSize", strconv.Itoa(size))
	body, err := s.console(ctx, c, k, "read history of",
		call{method: http.MethodGet, path: "/v1/cs/history", query: paged2, most: pageBytes},
		call{method: http.MethodGet, path: "/v3/admin/cs/history/list", query: paged3, most: pageBytes},
	)
	if err != nil {
		return nil, 0, false, err
	}
	var got struct {
		Pages int          `json:"pagesAvailable"`
		Items historyItems `json:"pageItems"`
	}
	if json.Unmarshal(body, &got) != nil {
		return nil, 0, false, BadResponse.fail("read history of", k.String())
	}
	for _, e := range got.Items {
		items = append(items, e.change(k))
	}
	return items, changeBytes*(len(items)+1) + len(body), page < got.Pages && len(items) > 0, nil
}

// historyItems are the entries of a page. More than were requested are an error: an entry takes two
// bytes of an answer and many of memory.
type historyItems []historyEntry

// UnmarshalJSON reads one entry after the other.
func (h *historyItems) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	first, err := d.Token()
	if err != nil || first == nil {
		return err
	}
	if first != json.Delim('[') {
		return errBody
	}
	for d.More() {
		if len(*h) == historyPage {
			return errBody
		}
		var e historyEntry
		if err := d.Decode(&e); err != nil {
			return err
		}
		*h = append(*h, e)
	}
	return nil
}

// historyEntry is an entry in the form of a Nacos 2 or a Nacos 3.
type historyEntry struct {
	ID        json.Number `json:"id"`
	Op        string      `json:"opType"`
	User      string      `json:"srcUser"`
	IP        string      `json:"srcIp"`
	App       string      `json:"appName"`
	Modified2 string      `json:"lastModifiedTime"`
	Modified3 int64       `json:"modifyTime"`
}

func (e historyEntry) change(k Key) HistoryEntry {
	id, _ := e.ID.Int64()
	c := HistoryEntry{ID: id, Key: k, User: e.User, IP: e.IP, App: e.App}
	switch strings.TrimSpace(e.Op) {
	case "I":
		c.Op = "insert"
	case "U":
		c.Op = "update"
	case "D":
		c.Op = "delete"
	}
	if c.Time = serverTime(e.Modified3); !c.Time.IsZero() {
		return c
	}
	if at, err := time.Parse("2006-01-02T15:04:05.999Z07:00", e.Modified2); err == nil {
		c.Time = at
	}
	return c
}
