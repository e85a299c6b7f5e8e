package fakenacos

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

type configItem struct {
	ID      string  `json:"id"`
	DataID  string  `json:"dataId"`
	Group   string  `json:"group"`
	Content string  `json:"content"`
	MD5     *string `json:"md5"`
	Key     *string `json:"encryptedDataKey"`
	Tenant  string  `json:"tenant"`
	App     string  `json:"appName"`
	Type    *string `json:"type"`
}

// configDetail is a config in the form of the console.
type configDetail struct {
	configItem
	Created  int64   `json:"createTime"`
	Modified int64   `json:"modifyTime"`
	User     *string `json:"createUser"`
	IP       string  `json:"createIp"`
	Desc     *string `json:"desc"`
	Use      *string `json:"use"`
	Effect   *string `json:"effect"`
	Schema   *string `json:"schema"`
	Tags     *string `json:"configTags"`
}

// orNil is nil for the empty string.
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

type paged struct {
	Total     int `json:"totalCount"`
	Number    int `json:"pageNumber"`
	Available int `json:"pagesAvailable"`
	Items     any `json:"pageItems"`
}

// paging reads number and size of a page, or answers that they are wrong. The default size, if the
// request has one, is 100.
func (h *web) paging() (number, size int, fine bool) {
	read := func(name string, def int) (int, bool) {
		if !h.params.Has(name) {
			return def, true
		}
		n, err := strconv.ParseInt(h.params.Get(name), 10, 32)
		if err != nil {
			h.plain(http.StatusInternalServerError, "caused: Failed to convert value of type 'java.lang.String' to required type 'int';")
		}
		return int(n), err == nil
	}
	if number, fine = read("pageNo", 1); fine {
		size, fine = read("pageSize", 100)
	}
	return number, min(size, 500), fine
}

const noPage = "pageNo and pageSize must be greater than zero"

func cutPage[T any](all []T, number, size int) paged {
	from := min((number-1)*size, len(all))
	to := min(from+size, len(all))
	items := append([]T{}, all[from:to]...)
	return paged{len(all), number, (len(all) + size - 1) / size, items}
}

// search lists configs. It uses the namespace unchanged.
func (h *web) search() {
	if !h.wants("dataId", "group", "pageNo", "pageSize") {
		return
	}
	number, size, fine := h.paging()
	switch {
	case !fine:
		return
	case number < 1 || size < 1:
		h.plain(http.StatusInternalServerError, "caused: serialize page error, dataId="+h.params.Get("dataId")+", group="+
			h.params.Get("group")+";caused: "+noPage+";")
		return
	}
	blurred := h.params.Get("search") == "blur"
	wanted := tagsOf(h.params.Get("config_tags"))
	var items []configItem
	for _, f := range h.found(h.params.Get("tenant"), blurred, wanted) {
		item := configItem{
			ID: strconv.FormatInt(f.id, 10), DataID: f.key.DataID, Group: f.key.Group, Content: f.content, Tenant: f.key.Namespace, App: f.app,
		}
		switch {
		case wanted != nil:
		case blurred:
			item.Key = &f.dataKey
		default:
			item.Type = orNil(f.kind)
		}
		items = append(items, item)
	}
	h.jsonUTF8(http.StatusOK, cutPage(items, number, size))
}

// found is a config that a search lists.
type found struct {
	key Key
	*version
}

// found returns the configs of a namespace that match the names of the request, as patterns or
// exactly, and the tags, in the order of their creation.
func (h *web) found(namespace string, blurred bool, wanted []string) []found {
	match := func(pattern, s string) bool { return pattern == "" || pattern == s }
	if blurred {
		match = blur
	}
	var all []found
	pattern := h.key()
	h.srv.mu.Lock()
	for k, st := range h.srv.store.saved {
		if st.formal != nil && k.Namespace == namespace && match(pattern.DataID, k.DataID) && match(pattern.Group, k.Group) {
			for range timesListed(wanted, tagsOf(st.formal.tags)) {
				all = append(all, found{k, st.formal})
			}
		}
	}
	h.srv.mu.Unlock()
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.id, b.id) }) // by the time of creation, since it grows
	return all
}

func tagsOf(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// timesListed returns how often a search lists a config: once for each tag that matches, since a
// server joins two tables.
func timesListed(wanted, has []string) (n int) {
	if wanted == nil {
		return 1
	}
	for _, t := range wanted {
		if slices.Contains(has, t) {
			n++
		}
	}
	return n
}

// blur matches a pattern of the database: * and % stand for any text, _ stands for any character,
// and an empty pattern matches everything.
func blur(pattern, s string) bool {
	if pattern == "" {
		return true
	}
	return like(strings.ReplaceAll(pattern, "*", "%"), s)
}

// like matches the LIKE of SQL. It goes back to the last % only, so that no pattern is slow.
func like(pattern, s string) bool {
	p, i := 0, 0
	last, from := -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '%':
			last, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '_' || pattern[p] == s[i]):
			p++
			i++
		case last >= 0:
			from++
			p, i = last+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "%") == ""
}

func (h *web) showAll() {
	if !h.wants("dataId", "group") {
		return
	}
	h.srv.mu.Lock()
	k := h.key()
	st := h.srv.store.saved[k]
	h.srv.mu.Unlock()
	if st == nil || st.formal == nil {
		h.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		h.w.WriteHeader(http.StatusOK)
		return
	}
	v := st.formal
	h.jsonUTF8(http.StatusOK, configDetail{
		configItem: configItem{
			ID: strconv.FormatInt(v.id, 10), DataID: k.DataID, Group: k.Group, Content: v.content, MD5: &v.md5, Key: &v.dataKey,
			Tenant: k.Namespace, App: v.app, Type: orNil(v.kind),
		},
		Created: v.modified.UnixMilli(), Modified: v.modified.UnixMilli(), User: orNil(v.user), IP: v.ip, Desc: orNil(v.desc),
		Use: orNil(v.use), Effect: orNil(v.effect), Schema: orNil(v.schema), Tags: orNil(v.tags),
	})
}

// showBeta returns the content for some addresses.
func (h *web) showBeta() {
	if !h.wants("dataId", "group") {
		return
	}
	k := h.key()
	h.srv.mu.Lock()
	st := h.srv.store.saved[k]
	h.srv.mu.Unlock()
	if st == nil || st.beta == nil {
		h.jsonUTF8(http.StatusOK, wrapped{200, "query beta ok", nil})
		return
	}
	v := st.beta
	h.jsonUTF8(http.StatusOK, wrapped{200, "query beta ok", struct {
		configItem
		IPs      string `json:"betaIps"`
		Modified int64  `json:"lastModified"`
	}{
		configItem{ID: strconv.FormatInt(v.id, 10), DataID: k.DataID, Group: k.Group, Content: v.content, Key: new(string), Tenant: k.Namespace, App: v.app},
		strings.Join(slices.Sorted(maps.Keys(st.ips)), ","), v.modified.UnixMilli(),
	}})
}
