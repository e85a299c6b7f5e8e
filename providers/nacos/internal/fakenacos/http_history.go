package fakenacos

import (
	"fmt"
	"net/http"
	"strconv"
)

type historyItem struct {
	ID       string  `json:"id"`
	LastID   int     `json:"lastId"`
	DataID   string  `json:"dataId"`
	Group    string  `json:"group"`
	Tenant   string  `json:"tenant"`
	App      string  `json:"appName"`
	MD5      *string `json:"md5"`
	Content  *string `json:"content"`
	IP       string  `json:"srcIp"`
	User     *string `json:"srcUser"`
	Op       string  `json:"opType"`
	Created  string  `json:"createdTime"`
	Modified string  `json:"lastModifiedTime"`
	DataKey  *string `json:"encryptedDataKey"`
}

// historyDawn is the time of creation that a real server stores for every entry.
const historyDawn = "2010-05-05T00:00:00.000+00:00"

func itemOf(r Revision, whole bool) historyItem {
	item := historyItem{
		ID: strconv.FormatInt(r.ID, 10), LastID: -1, DataID: r.Key.DataID, Group: r.Key.Group, Tenant: r.Key.Namespace,
		App: r.App, IP: r.IP, Op: fmt.Sprintf("%-10s", r.Op), Created: historyDawn, Modified: stamp(r.Time),
	}
	if r.User != "" {
		item.User = &r.User
	}
	if whole {
		item.MD5, item.Content, item.DataKey = &r.MD5, &r.Content, new(string)
	}
	return item
}

func (h *web) historyPage() (paged, bool) {
	number, size, fine := h.paging()
	if !fine {
		return paged{}, false
	}
	if number < 1 || size < 1 {
		h.plain(http.StatusBadRequest, noPage)
		return paged{}, false
	}
	h.srv.mu.Lock()
	revisions := h.srv.store.historyOf(h.key())
	h.srv.mu.Unlock()
	items := make([]historyItem, len(revisions))
	for i, r := range revisions {
		items[i] = itemOf(r, false)
	}
	return cutPage(items, number, size), true
}

// revision returns the entry with the id nid as a Nacos 2 shows it.
func (h *web) revision() (item *historyItem, other bool) {
	r, other := h.revisionByID()
	if r == nil {
		return nil, other
	}
	it := itemOf(*r, true)
	return &it, other
}

// revisionByID returns the entry with the id nid; other reports that it belongs to another key.
func (h *web) revisionByID() (found *Revision, other bool) {
	nid, err := strconv.ParseInt(h.params.Get("nid"), 10, 64)
	if err != nil {
		return nil, false
	}
	h.srv.mu.Lock()
	defer h.srv.mu.Unlock()
	for _, r := range h.srv.store.history {
		if r.ID == nid {
			return &r, r.Key != h.key()
		}
	}
	return nil, false
}

func (h *web) historyV1() {
	if h.params.Has("nid") && !h.params.Has("search") {
		h.revisionV1()
		return
	}
	if !h.wants("dataId", "group") {
		return
	}
	if page, fine := h.historyPage(); fine {
		h.jsonUTF8(http.StatusOK, page)
	}
}

func (h *web) revisionV1() {
	if !h.wants("dataId", "group") {
		return
	}
	item, other := h.revision()
	switch {
	case other:
		h.refuseRaw()
	case item == nil:
		h.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		h.w.WriteHeader(http.StatusOK)
	default:
		h.jsonUTF8(http.StatusOK, item)
	}
}

func (h *web) historyV2() {
	if !h.wantsV2("request parameter", "dataId", "group") {
		return
	}
	if page, fine := h.historyPage(); fine {
		h.json(http.StatusOK, good(page))
	}
}

func (h *web) revisionV2() {
	if !h.wantsV2("request parameter", "dataId", "group") {
		return
	}
	item, other := h.revision()
	if other {
		h.refuseRaw()
		return
	}
	h.json(http.StatusOK, good(item))
}
