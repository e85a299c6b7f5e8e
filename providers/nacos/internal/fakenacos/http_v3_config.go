package fakenacos

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// configV3 is a config in a list; the fields of embedding types come with its details.
type configV3 struct {
	ID        string  `json:"id"`
	Namespace string  `json:"namespaceId"`
	Group     string  `json:"groupName"`
	DataID    string  `json:"dataId"`
	MD5       *string `json:"md5"`
	Type      *string `json:"type"`
	App       string  `json:"appName"`
	Created   int64   `json:"createTime"`
	Modified  int64   `json:"modifyTime"`
}

func configOf(id int64, k Key, v *version) configV3 {
	return configV3{
		ID: strconv.FormatInt(id, 10), Namespace: cmp.Or(k.Namespace, "public"), Group: k.Group, DataID: k.DataID, MD5: &v.md5, App: v.app,
	}
}

type detailV3 struct {
	configV3
	Content string  `json:"content"`
	Desc    *string `json:"desc"`
	DataKey *string `json:"encryptedDataKey"`
	User    *string `json:"createUser"`
	IP      *string `json:"createIp"`
	Tags    *string `json:"configTags"`
}

// stored returns what is stored of the config of the request.
func (h *web) stored() (Key, *state) {
	k := h.key()
	h.srv.mu.Lock()
	defer h.srv.mu.Unlock()
	return k, h.srv.store.saved[k].clone()
}

func (h *web) getV3() {
	if !h.needsV3("group", "dataId") {
		return
	}
	k, st := h.stored()
	v := st.formal
	if v == nil {
		h.refuse(http.StatusNotFound, codeNoResource, "Config not exist, please publish Config first.")
		return
	}
	d := detailV3{
		configV3: configOf(v.id, k, v), Content: v.content, Desc: orNil(v.desc), DataKey: &v.dataKey, User: orNil(v.user), IP: &v.ip,
		Tags: orNil(v.tags),
	}
	d.Type, d.Created, d.Modified = orNil(v.kind), v.modified.UnixMilli(), v.modified.UnixMilli()
	h.succeed(d)
}

// checked returns the publication of a request to a Nacos 3, and the problem with its key, content
// or tag, or with its details.
func (h *web) checked() (p publication, problem, detail string) {
	p, problem = h.publication()
	if detail = checkAdvance(h.get); detail == problem {
		problem = "" // those come last
	}
	return p, problem, detail
}

func (h *web) postV3() {
	if !h.needsV3("group", "dataId", "content") {
		return
	}
	p, problem := h.publication()
	if problem != "" {
		h.refuse(http.StatusBadRequest, codeInvalid, problem)
		return
	}
	switch problem = h.srv.publish(p); problem {
	case "":
		h.succeed(true)
	case casLost:
		h.refuse(http.StatusInternalServerError, codeConflict, problem)
	default:
		h.refuse(http.StatusBadRequest, codeTooManyGrays, problem)
	}
}

func (h *web) deleteV3() {
	if !h.needsV3("group", "dataId") {
		return
	}
	tag := h.params.Get("tag")
	if problem := h.srv.checkTag(tag); problem != "" {
		h.refuse(http.StatusBadRequest, codeInvalid, problem)
		return
	}
	if blank(tag) {
		h.srv.remove(h.key(), h.user, h.ip())
	} else if problem := h.srv.dropNamed(h.key(), tag, h.user, h.ip()); problem != "" {
		h.throws(problem)
		return
	}
	h.succeed(true)
}

// page reads number and size of a page, or answers what is wrong with them.
func (h *web) page() (number, size int, fine bool) {
	for _, p := range []struct {
		name  string
		to    *int
		other int
	}{{"pageNo", &number, 1}, {"pageSize", &size, 100}} {
		*p.to = p.other
		if !h.params.Has(p.name) {
			continue
		}
		n, err := strconv.ParseInt(h.params.Get(p.name), 10, 32)
		if err != nil {
			h.throws("Validation failed for argument: field '" + p.name + "': rejected value")
			return 0, 0, false
		}
		if n < 1 {
			h.refuse(http.StatusBadRequest, codeInvalid, fmt.Sprintf("Required parameter '%s' should be positive integer, current is %d", p.name, n))
			return 0, 0, false
		}
		*p.to = int(n)
	}
	return number, min(size, 500), true
}

func (h *web) listV3() {
	number, size, fine := h.page()
	if !fine {
		return
	}
	wanted, blurred := tagsOf(h.get("config_tags")), h.params.Get("search") != "accurate"
	var items []configV3
	for _, f := range h.found(h.key().Namespace, blurred, wanted) {
		item := configOf(f.id, f.key, f.version)
		if wanted != nil {
			item.MD5 = nil
		}
		if wanted == nil || blurred {
			item.Type = orNil(f.kind)
		}
		items = append(items, item)
	}
	h.succeed(cutPage(items, number, size))
}

func (h *web) listenersV3() {
	if h.needsV3("group", "dataId") {
		h.succeed(struct {
			Type string            `json:"queryType"`
			By   map[string]string `json:"listenersStatus"`
		}{"config", h.listening()})
	}
}

// grayRule is what a client must have to get a gray version.
type grayRule struct {
	Type     string `json:"type"`
	Version  string `json:"version"`
	Expr     string `json:"expr"`
	Priority int    `json:"priority"`
}

const grayVersion, betaPriority = "1.0.0", 1<<31 - 1

func (h *web) betaV3() {
	if !h.needsV3("group", "dataId") {
		return
	}
	k, st := h.stored()
	if st.beta == nil {
		h.refuse(http.StatusNotFound, codeNoResource, "Config is not in beta.")
		return
	}
	rule, _ := json.Marshal(grayRule{grayBeta, grayVersion, st.beta.rule, betaPriority}) // never fails
	d := detailV3{configV3: configOf(st.beta.id, k, st.beta), Content: st.beta.content, User: orNil(st.beta.user)}
	d.Modified = st.beta.modified.UnixMilli()
	h.succeed(struct {
		detailV3
		Gray string `json:"grayName"`
		Rule string `json:"grayRule"`
	}{d, grayBeta, string(rule)})
}

func (h *web) stopBetaV3() {
	if !h.needsV3("group", "dataId") {
		return
	}
	if h.srv.dropNamed(h.key(), grayBeta, h.user, h.ip()) != "" {
		h.json(http.StatusOK, wrapped{codeServerTrouble, "remove beta data error", false})
		return
	}
	h.succeed(true)
}

// clientConfig is the answer to a client, with the fields of gRPC.
type clientConfig struct {
	ResultCode   int     `json:"resultCode"`
	ErrorCode    int     `json:"errorCode"`
	Message      *string `json:"message"`
	RequestID    *string `json:"requestId"`
	Content      string  `json:"content"`
	DataKey      *string `json:"encryptedDataKey"`
	Type         *string `json:"contentType"`
	MD5          string  `json:"md5"`
	LastModified int64   `json:"lastModified"`
	Tag          *string `json:"tag"`
	Beta         bool    `json:"beta"`
	Success      bool    `json:"success"`
}

// getClientV3 reads a config. It knows addresses, and no tags.
func (h *web) getClientV3() {
	if problem := h.missing("group", "dataId"); problem != "" {
		h.plain(http.StatusBadRequest, "caused: "+problem+";")
		return
	}
	got := h.srv.read(h.key(), h.ip(), "", Match{Key: h.key(), Type: h.r.Method + " " + h.r.URL.Path})
	if got.version == nil {
		h.json(http.StatusOK, wrapped{codeNoResource, codeTexts[codeNoResource], nil})
		return
	}
	out := clientConfig{
		ResultCode: 200, Content: got.content, Type: orNil(got.kind), MD5: got.md5, LastModified: got.version.modified.UnixMilli(),
		Beta: got.beta, Success: true,
	}
	if !got.beta {
		out.DataKey = &got.version.dataKey
	}
	h.succeed(out)
}
