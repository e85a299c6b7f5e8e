package nacos

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// HistoryEntry is one entry of a config's history.
type HistoryEntry struct {
	ID   int64 // of this entry; what [Client.PreviousContent] takes
	Key  Key
	Op   string // "insert", "update" or "delete"
	Time time.Time
	User string // who made it, where there was a login; may be empty
	IP   string // from where
	App  string // as published
}

// historyPage is how many entries are asked for at a time: the most that a server gives.
const historyPage = 500

// What is kept of a history, however long the server says that it is. A history of 30 days is far
// below.
const (
	pageBytes   = 4 << 20  // of one answer
	mostHistory = 64 << 20 // of all: answers and entries
	changeBytes = 256      // an entry, its texts aside
)

// History returns what was done to a config, the newest first, at most limit entries; 0 for all
// that the server has kept, which is 30 days on a Nacos as it comes. Of the options only [Group]
// means something. It asks the HTTP interface, which on a Nacos 3 takes the right to administer. An
// error is what [Client.Get] has, and NotSupported (InvalidArgument) where the server has no such
// interface. A config that never was has no history, which is no error.
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
			if held += read; held > mostHistory {
				all = nil
				return BadResponse.failAs("read history of", k.String(), "the history does not end; give a limit")
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

// PreviousContent returns the content that a config had before a change; of an insert, the one that
// was inserted: so Nacos keeps it. To take a change back, publish what was before it.
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
		if err != nil {
			return err
		}
		var got struct {
			Content *string `json:"content"`
			MD5     string  `json:"md5"`
			Type    string  `json:"type"`
		}
		// An entry that is not there is an empty body on some servers.
		if len(body) == 0 || json.Unmarshal(body, &got) == nil && got.Content == nil {
			return ConfigNotFound.failAs("read history of", k.String(), "there is no such entry in its history")
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

// history asks for one page. Read is what it takes of mostHistory.
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

// historyItems are the entries of a page. More than were asked for are an error: an entry takes two
// bytes of an answer, and many of memory.
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

// historyEntry is an entry as a Nacos 2 or a Nacos 3 writes it.
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
