package nacos

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ListEntry is a config in the list of a namespace.
type ListEntry struct {
	Key  Key
	MD5  string
	Type string // such as "yaml"; may be empty
	App  string // the application, see [App]; may be empty
	Size int    // of the content, in bytes; -1 if the server does not report it
	// Modified is when the config was published last; zero if the server does not report it.
	Modified time.Time
}

// The limits of a list.
const (
	listPage   = 128      // entries of a page, since a Nacos 2 sends their contents; a power of 2
	listBytes  = 16 << 20 // of a page with more than one entry; one content may have more
	maxList    = 100_000  // entries
	listTries  = 4        // of a list that changes while it is read
	listWithin = time.Minute
)

// List returns the configs of the client's namespace whose data ID matches the pattern, sorted by
// group and data ID. In a pattern * stands for any text; "" and "*" match all. Of the options only
// [Group] has a meaning here: it takes a pattern too, and its default is the client's group.
//
// List uses the HTTP interface, for which a Nacos 3 may require an administrator, and reads all
// pages. A Nacos 2 sends the contents, so that the size is known, but no times, and no types if
// there is a pattern; a Nacos 3 sends md5 and type. [Client.Metadata] has the rest. A config that
// is created or deleted meanwhile may be missing; if the list does not settle, List fails with
// UpdateInProgress, and with more than 100000 configs with TooLarge. Without a deadline List takes
// at most a minute longer than one request. Other errors are those of [Client.Metadata].
func (c *Client) List(ctx context.Context, pattern string, opts ...SourceOption) ([]ListEntry, error) {
	var o sourceOptions
	for _, opt := range opts {
		opt.applySource(&o)
	}
	search := c.key(pattern, o)
	if search.DataID == "" {
		search.DataID = "*"
	}
	if problems := (Key{search.Namespace, plain(search.Group), plain(search.DataID)}).problems(); problems != nil {
		return nil, errBadPattern(search, problems, "")
	}
	var all []ListEntry
	err := c.on(ctx, listWithin, true, func(ctx context.Context, s *session, conn *conn) (err error) {
		all, err = s.list(ctx, conn, search)
		return err
	})
	return all, err
}

// plain returns a pattern as a name, to check its characters.
func plain(pattern string) string { return strings.ReplaceAll(pattern, "*", "x") }

// list reads the list until the server has counted the same number of entries for each page, and
// sent as many, or until two readings agree: a deletion between two pages moves an entry to a page
// that has been read.
func (s *session) list(ctx context.Context, c *conn, search Key) ([]ListEntry, error) {
	var before map[Key]ListEntry
	for range listTries {
		found, settled, err := s.listOnce(ctx, c, search)
		if err != nil {
			return nil, err
		}
		if settled || sameKeys(before, found) {
			return matching(found, search), nil
		}
		before = found
	}
	return nil, UpdateInProgress.failAs("list", search.String(), "the configs change while they are listed")
}

func sameKeys(a, b map[Key]ListEntry) bool {
	if a == nil || len(a) != len(b) {
		return false
	}
	for k := range a {
		if _, ok := b[k]; !ok {
			return false
		}
	}
	return true
}

// matching returns what matches exactly, in order: for a server _ is a wildcard too.
func matching(found map[Key]ListEntry, search Key) []ListEntry {
	all := make([]ListEntry, 0, len(found))
	for k, e := range found {
		if matches(search.Group, k.Group) && matches(search.DataID, k.DataID) {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b ListEntry) int {
		return cmp.Or(cmp.Compare(a.Key.Group, b.Key.Group), cmp.Compare(a.Key.DataID, b.Key.DataID))
	})
	return all
}

// matches reports whether a name matches a pattern. It goes back to the last * only, so that no
// pattern is slow.
func matches(pattern, name string) bool {
	p, i := 0, 0
	star, from := -1, 0
	for i < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && pattern[p] == name[i]:
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// listOnce reads all pages, and reports whether the server has counted the same for each.
func (s *session) listOnce(ctx context.Context, c *conn, search Key) (found map[Key]ListEntry, settled bool, err error) {
	found = map[Key]ListEntry{}
	// Pages get smaller where one is too large, and larger again. Since sizes are powers of 2, each
	// page begins where the last one ended.
	for size, from, total := listPage, 0, -1; ; {
		page, err := s.listPage(ctx, c, search, from/size+1, size)
		if errors.Is(err, BadResponse) && size > 1 && ctx.Err() == nil {
			size /= 2
			continue
		}
		if err != nil {
			return nil, false, err
		}
		if total == -1 {
			total = page.Total
		}
		settled = settled || from == 0
		settled = settled && total == page.Total
		for _, e := range page.Items {
			e.Key.Namespace = search.Namespace
			found[e.Key] = e
		}
		if len(found) > maxList {
			return nil, false, errTooMany(search)
		}
		from += size
		if from >= page.Total || len(page.Items) == 0 {
			return found, settled && len(found) == total, nil
		}
		if size < listPage && from%(2*size) == 0 {
			size *= 2
		}
	}
}

func errTooMany(search Key) error {
	e := TooLarge.failAs("list", search.String(), "there are more than "+strconv.Itoa(maxList)+" configs")
	e.Fix = "list them with a narrower pattern or group"
	return e
}

// everything is the pattern of a server for all names.
func everything(pattern string) string {
	if strings.Trim(pattern, "*") == "" {
		return ""
	}
	return pattern
}

func (s *session) listPage(ctx context.Context, c *conn, search Key, number, size int) (listReply, error) {
	dataID, group := everything(search.DataID), everything(search.Group)
	kind := "accurate" // the only one for which a Nacos 2 reports types
	if strings.Contains(dataID+group, "*") {
		kind = "blur"
	}
	pattern := Key{search.Namespace, group, dataID} // as a server gets it: it verifies the signature of that
	paged := func(v url.Values) url.Values {
		return with(with(with(v, "search", kind), "pageNo", strconv.Itoa(number)), "pageSize", strconv.Itoa(size))
	}
	most := listBytes
	if size == 1 {
		most = maxFetch
	}
	body, err := s.console(ctx, c, search, "list",
		call{method: http.MethodGet, path: "/v1/cs/configs", query: paged(about2(pattern)), most: most, about: &pattern},
		call{method: http.MethodGet, path: "/v3/admin/cs/config/list", query: paged(about3(pattern)), most: most, about: &pattern},
	)
	var page listReply
	if err == nil && json.Unmarshal(body, &page) != nil || err == nil && len(page.Items) > size {
		err = BadResponse.fail("list", search.String())
	}
	return page, err
}

// listReply is a page of a Nacos 2 or a Nacos 3.
type listReply struct {
	Total int         `json:"totalCount"`
	Items listedItems `json:"pageItems"`
}

// listedItems are the entries of a page, without their contents.
type listedItems []ListEntry

// UnmarshalJSON reads one entry after the other, so that the contents are not in memory twice.
func (l *listedItems) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	first, err := d.Token()
	if err != nil || first == nil {
		return err
	}
	if first != json.Delim('[') {
		return errBody
	}
	for d.More() {
		if len(*l) > listPage {
			return errBody
		}
		var e listedItem
		if err := d.Decode(&e); err != nil {
			return err
		}
		*l = append(*l, e.entry())
	}
	return nil
}

type listedItem struct {
	DataID   string  `json:"dataId"`
	Group2   string  `json:"group"`
	Group3   string  `json:"groupName"`
	Content  *string `json:"content"`
	MD5      string  `json:"md5"`
	App      string  `json:"appName"`
	Type     string  `json:"type"`
	Modified int64   `json:"modifyTime"`
}

func (i listedItem) entry() ListEntry {
	e := ListEntry{
		Key: Key{Group: cmp.Or(i.Group2, i.Group3), DataID: i.DataID}, MD5: i.MD5, Type: i.Type, App: i.App, Size: -1,
		Modified: serverTime(i.Modified),
	}
	if i.Content != nil {
		content := []byte(*i.Content)
		e.Size, e.MD5 = len(content), sum(content)
	}
	return e
}
