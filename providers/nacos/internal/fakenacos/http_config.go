package fakenacos

import (
	"cmp"
	"io"
	"net/http"
	"slices"
)

// wants answers 400 unless all the parameters were sent, even if empty.
func (h *web) wants(names ...string) bool {
	for _, n := range names {
		if !h.params.Has(n) {
			h.plain(http.StatusBadRequest, "Parameter '"+n+"' is missing")
			return false
		}
	}
	return true
}

// wantsV2 is wants in the v2 API, where a parameter of a form must not be blank.
func (h *web) wantsV2(kind string, names ...string) bool {
	for _, n := range names {
		if !h.params.Has(n) || kind == inForm && blank(h.params.Get(n)) {
			h.json(http.StatusBadRequest, wrapped{10000, "parameter missing", "Required " + kind + " '" + n + "' " + forMethod(kind) + "type String is not present"})
			return false
		}
	}
	return true
}

// Where the v2 API looks for a parameter.
const (
	inForm  = "parameter"
	inQuery = "request parameter"
)

func forMethod(kind string) string {
	if kind == inQuery {
		return "for method parameter "
	}
	return ""
}

// headed reads the config and sets its headers; it reports false if there is no config.
func (h *web) headed() (reading, bool) {
	tag, has := h.params.Get("tag"), h.r.Header.Get("Vipserver-Tag")
	m := Match{Key: h.key(), Type: h.r.Method + " " + h.r.URL.Path}
	var got reading
	if h.srv.three {
		got = h.srv.readV3(h.key(), h.ip(), tag, has, m)
	} else {
		tag = cmp.Or(tag, has)
		got = h.srv.read(h.key(), h.ip(), tag, m)
	}
	if got.version == nil {
		return got, false
	}
	h.noCache()
	head := h.w.Header()
	head["Content-MD5"] = []string{got.md5}
	head.Set("Config-Type", cmp.Or(got.kind, "text"))
	head.Set("Last-Modified", got.version.modified.UTC().Format(http.TimeFormat))
	switch {
	case got.tagged && h.srv.three:
		head.Set("Tag", got.tag())
	case got.beta && h.srv.three: // without the key
	case !got.tagged:
		head.Set("Encrypted-Data-Key", got.version.dataKey)
	case !h.params.Has("tag"):
		head.Set("Vipserver-Tag", tag)
	}
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
	case h.params.Get("beta") == "true":
		h.showBeta()
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
		if got.known {
			h.w.Header().Set("Config-Type", "text")
			h.w.Header().Set("Content-Type", contentType("text"))
		}
		h.w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(h.w, "config data not exist\n")
		return
	}
	h.w.Header().Set("Content-Type", contentType(got.version.typeName()))
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
	dataID, group := loose(h.params.Get("dataId")), loose(h.get("group"))
	return checkParams(&dataID, &group)
}

func (h *web) getV2() {
	if !h.wantsV2(inQuery, "dataId", "group") {
		return
	}
	if problem := h.paramProblem(); problem != "" {
		h.json(http.StatusBadRequest, wrapped{20002, "parameter validate error", problem})
		return
	}
	got, found := h.headed()
	if !found {
		h.jsonUTF8(http.StatusNotFound, wrapped{20004, "resource not found", "config data not exist"})
		_, _ = io.WriteString(h.w, "\n")
		return
	}
	h.jsonUTF8(http.StatusOK, good(got.content))
}

// jsonUTF8 is json with the charset of some pages.
func (h *web) jsonUTF8(code int, body any) {
	h.json(code, body, "application/json;charset=UTF-8")
}

// publication returns the publication of a request, or the problem with it.
func (h *web) publication() (p publication, problem string) {
	get := h.get
	content := loose(get("content"))
	problem = h.paramProblem()
	if problem == "" {
		problem = checkContent(&content)
	}
	if problem == "" {
		problem = h.srv.checkTag(get("tag"))
	}
	if problem == "" {
		problem = checkAdvance(get)
	}
	p = publication{
		key: h.key(), content: string(content), casMD5: h.r.Header.Get("casMd5"), kind: kindOrText(get("type")), app: h.sent("appName"), tags: h.sent("config_tags"),
		details: detailsOf(get), user: get("src_user"), ip: h.ip(), tag: get("tag"), betaIPs: h.r.Header.Get("betaIps"),
	}
	if p.user == "" {
		p.user = h.user
	}
	return p, problem
}

// kindOrText returns a type that is stored: text in place of one that the server does not know.
func kindOrText(kind string) string {
	if slices.Contains([]string{"properties", "xml", "json", "text", "html", "yaml", "toml", "unset"}, kind) {
		return kind
	}
	return "text"
}

// sent returns a parameter, or nil if it was not sent.
func (h *web) sent(name string) *string {
	if !h.params.Has(h.name(name)) {
		return nil
	}
	value := h.get(name)
	return &value
}

// detailsOf reads what a publish says about a config.
func detailsOf(get func(string) string) details {
	return details{
		desc: get("desc"), use: get("use"), effect: get("effect"), schema: get("schema"), dataKey: get("encryptedDataKey"),
	}
}

func (h *web) postV1() {
	if !h.wants("dataId", "group", "content") {
		return
	}
	p, problem := h.publication()
	switch {
	case problem != "":
		h.plain(http.StatusBadRequest, problem)
	case h.srv.publish(p) != "":
		h.plain(http.StatusInternalServerError, casLost)
	default:
		h.yes()
	}
}

func (h *web) yes() {
	h.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_, _ = io.WriteString(h.w, "true")
}

func (h *web) postV2() {
	if !h.wantsV2(inForm, "dataId", "group", "content") {
		return
	}
	p, problem := h.publication()
	switch {
	case problem != "":
		h.json(http.StatusBadRequest, wrapped{20002, "parameter validate error", problem})
	case h.srv.publish(p) != "":
		h.json(http.StatusInternalServerError, wrapped{20005, "resource conflict", casLost})
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
	switch tag := h.params.Get("tag"); {
	case h.params.Get("beta") == "true":
		h.srv.drop(h.key(), grayBeta, h.user, h.ip())
		h.jsonUTF8(http.StatusOK, wrapped{200, "stop beta ok", true})
		return
	case tag != "":
		h.srv.drop(h.key(), grayTag+tag, h.user, h.ip())
	default:
		h.srv.remove(h.key(), h.user, h.ip())
	}
	h.yes()
}

func (h *web) deleteV2() {
	if !h.wantsV2(inQuery, "dataId", "group") {
		return
	}
	if problem := h.paramProblem(); problem != "" {
		h.json(http.StatusBadRequest, wrapped{20002, "parameter validate error", problem})
		return
	}
	if tag := h.params.Get("tag"); tag != "" {
		h.srv.drop(h.key(), grayTag+tag, h.user, h.ip())
	} else {
		h.srv.remove(h.key(), h.user, h.ip())
	}
	h.json(http.StatusOK, good(true))
}

// listeners lists the md5 of each address. Two clients with one address count as one.
func (h *web) listeners() {
	if !h.wants("dataId", "group") {
		return
	}
	h.jsonUTF8(http.StatusOK, struct {
		Status    int               `json:"collectStatus"`
		Listeners map[string]string `json:"lisentersGroupkeyStatus"` // sic
	}{200, h.listening()})
}

// listening returns the md5 by address of the clients that listen to the config of the request.
func (h *web) listening() map[string]string {
	k := h.key()
	byIP := map[string]string{}
	for _, l := range h.srv.Listeners(k.Namespace, k.Group, k.DataID) {
		byIP[l.IP] = l.MD5
	}
	return byIP
}
