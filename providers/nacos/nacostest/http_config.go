package nacostest

import (
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// wants answers 400 unless all the parameters were sent, be they empty.
func (h *web) wants(names ...string) bool {
	for _, n := range names {
		if !h.params.Has(n) {
			h.plain(http.StatusBadRequest, "Parameter '"+n+"' is missing")
			return false
		}
	}
	return true
}

func (h *web) wantsV2(kind string, names ...string) bool {
	for _, n := range names {
		if !h.params.Has(n) {
			h.json(http.StatusBadRequest, wrapped{10000, "parameter missing", "Required " + kind + " '" + n + "' " + forMethod(kind) + "type String is not present"})
			return false
		}
	}
	return true
}

func forMethod(kind string) string {
	if kind == "request parameter" {
		return "for method parameter "
	}
	return ""
}

// headed reads the config and sets the headers that go with it; it reports false if there is none.
func (h *web) headed() (reading, bool) {
	tag := h.params.Get("tag")
	if tag == "" {
		tag = h.r.Header.Get("Vipserver-Tag")
	}
	got := h.srv.read(h.key(), h.ip(), tag, Match{Key: h.key(), Type: h.r.Method + " " + h.r.URL.Path})
	if got.version == nil {
		return got, false
	}
	h.noCache()
	head := h.w.Header()
	head["Content-MD5"] = []string{got.md5}
	head.Set("Config-Type", got.version.kind)
	head.Set("Last-Modified", got.version.modified.UTC().Format(http.TimeFormat))
	head.Set("Encrypted-Data-Key", "")
	if got.beta {
		head["isBeta"] = []string{"true"}
	}
	return got, true
}

func (h *web) getV1() {
	switch {
	case h.params.Has("search"):
		h.search()
		return
	case h.params.Get("show") == "all":
		h.showAll()
		return
	case !h.wants("dataId", "group"):
		return
	}
	if problem := h.paramProblem(); problem != "" {
		h.plain(http.StatusBadRequest, problem)
		return
	}
	got, found := h.headed()
	if !found {
		h.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		h.w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(h.w, "config data not exist\n")
		return
	}
	h.w.Header().Set("Content-Type", contentType(got.version.kind))
	_, _ = io.WriteString(h.w, got.content)
}

func contentType(kind string) string {
	media := "text/plain"
	switch kind {
	case "json", "xml":
		media = "application/" + kind
	case "html", "htm":
		media = "text/html"
	}
	return media + ";charset=UTF-8"
}

func (h *web) paramProblem() string {
	dataID, group := h.params.Get("dataId"), h.params.Get("group")
	return checkParams(&dataID, &group)
}

func (h *web) getV2() {
	if !h.wantsV2("request parameter", "dataId", "group") {
		return
	}
	got, found := h.headed()
	if !found {
		h.jsonUTF8(http.StatusNotFound, wrapped{20004, "resource not found", "config data not exist"})
		return
	}
	h.jsonUTF8(http.StatusOK, good(got.content))
}

// jsonUTF8 is json with the charset that some pages name.
func (h *web) jsonUTF8(code int, body any) {
	h.json(code, body, "application/json;charset=UTF-8")
}

// publication builds what a publish asks for, or the problem with it.
func (h *web) publication() (p publication, problem string) {
	get := h.params.Get
	content := get("content")
	problem = h.paramProblem()
	if problem == "" {
		problem = checkContent(&content)
	}
	if problem == "" && !nameOf(get("tag"), ".:") {
		problem = "invalid tag : " + get("tag")
	}
	if problem == "" {
		problem = checkAdvance(get)
	}
	kind := get("type")
	if !slices.Contains([]string{"properties", "xml", "json", "text", "html", "yaml", "toml", "unset"}, kind) {
		kind = "text"
	}
	p = publication{
		key: h.key(), content: content, casMD5: h.r.Header.Get("casMd5"), kind: kind, app: get("appName"), desc: get("desc"),
		tags: get("config_tags"), user: get("src_user"), ip: h.ip(), tag: get("tag"), betaIPs: h.r.Header.Get("betaIps"),
	}
	if h.user != "" {
		p.user = h.user
	}
	return p, problem
}

func (h *web) postV1() {
	if !h.wants("dataId", "group", "content") {
		return
	}
	p, problem := h.publication()
	switch {
	case problem != "":
		h.plain(http.StatusBadRequest, problem)
	case !h.srv.publish(p):
		h.plain(http.StatusInternalServerError, "Cas publish fail, server md5 may have changed.")
	default:
		h.yes()
	}
}

func (h *web) yes() {
	h.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_, _ = io.WriteString(h.w, "true")
}

func (h *web) postV2() {
	if !h.wantsV2("parameter", "dataId", "group", "content") {
		return
	}
	p, problem := h.publication()
	switch {
	case problem != "":
		h.json(http.StatusBadRequest, wrapped{20002, "parameter validate error", problem})
	case !h.srv.publish(p):
		h.json(http.StatusInternalServerError, wrapped{30000, "server error", "Cas publish fail, server md5 may have changed."})
	default:
		h.json(http.StatusOK, good(true))
	}
}

func (h *web) deleteV1() {
	if !h.wants("dataId", "group") {
		return
	}
	if problem := h.paramProblem(); problem != "" {
		h.plain(http.StatusBadRequest, problem)
		return
	}
	h.srv.remove(h.key(), h.user, h.ip())
	h.yes()
}

func (h *web) deleteV2() {
	if !h.wantsV2("parameter", "dataId", "group") {
		return
	}
	h.srv.remove(h.key(), h.user, h.ip())
	h.json(http.StatusOK, good(true))
}

// listeners tells which address has which md5. Two clients behind one address are one.
func (h *web) listeners() {
	if !h.wants("dataId", "group") {
		return
	}
	k := h.key()
	byIP := map[string]string{}
	for _, l := range h.srv.Listeners(k.Namespace, k.Group, k.DataID) {
		byIP[l.IP] = l.MD5
	}
	h.jsonUTF8(http.StatusOK, struct {
		Status    int               `json:"collectStatus"`
		Listeners map[string]string `json:"lisentersGroupkeyStatus"` // sic
	}{200, byIP})
}

type configItem struct {
	ID       string  `json:"id"`
	DataID   string  `json:"dataId"`
	Group    string  `json:"group"`
	Content  string  `json:"content"`
	MD5      *string `json:"md5"`
	Key      *string `json:"encryptedDataKey"`
	Tenant   string  `json:"tenant"`
	App      string  `json:"appName"`
	Type     string  `json:"type"`
	Created  int64   `json:"createTime,omitempty"`
	Modified int64   `json:"modifyTime,omitempty"`
}

type paged struct {
	Total     int `json:"totalCount"`
	Number    int `json:"pageNumber"`
	Available int `json:"pagesAvailable"`
	Items     any `json:"pageItems"`
}

// paging reads a page's number and size.
func (h *web) paging(defaults bool) (number, size int, fine bool) {
	if !defaults && !h.wants("pageNo", "pageSize") {
		return 0, 0, false
	}
	read := func(name string, def int) int {
		n, err := strconv.Atoi(h.params.Get(name))
		if err != nil || n < 1 {
			return def
		}
		return min(n, math.MaxInt32)
	}
	return read("pageNo", 1), min(read("pageSize", 100), 500), true
}

func cutPage[T any](all []T, number, size int) paged {
	from := min((number-1)*size, len(all))
	to := min(from+size, len(all))
	items := append([]T{}, all[from:to]...)
	return paged{len(all), number, (len(all) + size - 1) / size, items}
}

// search lists configs. Unlike the other pages it does not take "public" for the public namespace.
func (h *web) search() {
	if !h.wants("dataId", "group") {
		return
	}
	number, size, fine := h.paging(false)
	if !fine {
		return
	}
	match := func(pattern, s string) bool { return pattern == "" || pattern == s }
	if h.params.Get("search") == "blur" {
		match = blur
	}
	var items []configItem
	h.srv.mu.Lock()
	for k, st := range h.srv.store.saved {
		if st.formal != nil && k.Namespace == h.params.Get("tenant") && match(h.params.Get("dataId"), k.DataID) &&
			match(h.params.Get("group"), k.Group) {
			v := st.formal
			items = append(items, configItem{
				ID: strconv.FormatInt(v.id, 10), DataID: k.DataID, Group: k.Group, Content: v.content, Tenant: k.Namespace, App: v.app, Type: v.kind,
			})
		}
	}
	h.srv.mu.Unlock()
	slices.SortFunc(items, func(a, b configItem) int {
		return strings.Compare(a.DataID+"\x00"+a.Group, b.DataID+"\x00"+b.Group)
	})
	h.jsonUTF8(http.StatusOK, cutPage(items, number, size))
}

// blur matches with * for anything. Without a * the text has to occur.
func blur(pattern, s string) bool {
	if pattern == "" {
		return true
	}
	if !strings.Contains(pattern, "*") {
		return pattern == s
	}
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for _, p := range parts[1:last] {
		_, after, found := strings.Cut(s, p)
		if !found {
			return false
		}
		s = after
	}
	return strings.HasSuffix(s, parts[last])
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
	h.jsonUTF8(http.StatusOK, configItem{
		ID: strconv.FormatInt(v.id, 10), DataID: k.DataID, Group: k.Group, Content: v.content, MD5: &v.md5, Key: new(string),
		Tenant: k.Namespace, App: v.app, Type: v.kind, Created: v.created.UnixMilli(), Modified: v.modified.UnixMilli(),
	})
}
