package fakenacos

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// revisionV3 is an entry of the history in a list.
type revisionV3 struct {
	configV3
	IP          string  `json:"srcIp"`
	User        *string `json:"srcUser"`
	Op          string  `json:"opType"`
	PublishType string  `json:"publishType"`
}

var dawn = time.Date(2010, time.May, 5, 0, 0, 0, 0, time.UTC) // see historyDawn

func revisionOf(r Revision) revisionV3 {
	item := revisionV3{configOf(r.ID, r.Key, r.of), r.IP, orNil(r.User), fmt.Sprintf("%-10s", r.Op), "formal"}
	item.MD5, item.Created, item.Modified = nil, dawn.UnixMilli(), r.Time.UnixMilli()
	if r.Gray != "" {
		item.PublishType = "gray"
	}
	return item
}

func (h *web) historyV3() {
	if !h.needsV3("group", "dataId") {
		return
	}
	number, size, fine := h.page()
	if !fine {
		return
	}
	h.srv.mu.Lock()
	revisions := h.srv.store.historyOf(h.key())
	h.srv.mu.Unlock()
	items := make([]revisionV3, len(revisions))
	for i, r := range revisions {
		items[i] = revisionOf(r)
	}
	h.succeed(cutPage(items, number, size))
}

func (h *web) revisionV3() {
	if !h.needsV3("group", "dataId") || !h.asks("nid", "Long") {
		return
	}
	nid := h.params.Get("nid")
	if _, err := strconv.ParseInt(nid, 10, 64); err != nil {
		h.throws("Method parameter 'nid': Failed to convert value of type 'java.lang.String' to required type 'java.lang.Long'; For input string: " + strconv.Quote(nid))
		return
	}
	r, other := h.revisionByID()
	switch {
	case other:
		h.refuse(http.StatusForbidden, codeAccessDenied, "Please check dataId, group or namespaceId.")
		return
	case r == nil:
		h.refuse(http.StatusBadRequest, codeInvalid, "Source must not be null")
		return
	}
	item := revisionOf(*r)
	item.MD5 = &r.MD5
	key := r.of.dataKey
	if r.Gray != "" && r.Op != "I" {
		key = ""
	}
	h.succeed(struct {
		revisionV3
		Content string `json:"content"`
		DataKey string `json:"encryptedDataKey"`
		Gray    string `json:"grayName"`
		More    string `json:"extInfo"`
	}{item, r.Content, key, r.Gray, r.more()})
}

// more returns what the history knows of a version besides its content, in JSON.
func (r Revision) more() string {
	v := r.of
	type pair struct{ name, value string }
	pairs := []pair{ // in the order of the server
		{"type", v.kind}, {"config_tags", v.tags}, {"effect", v.effect}, {"src_user", v.user}, {"c_desc", v.desc}, {"c_use", v.use}, {"c_schema", v.schema},
	}
	switch {
	case r.Gray == "" && r.Op == "I":
		pairs = []pair{
			{"src_user", v.user}, {"c_schema", v.schema}, {"c_use", v.use}, {"effect", v.effect}, {"type", v.kind}, {"config_tags", v.tags}, {"c_desc", v.desc},
		}
	case r.Gray != "":
		kind, priority := "tag", betaPriority-1
		if r.Gray == grayBeta {
			kind, priority = grayBeta, betaPriority
		}
		rule := fmt.Sprintf(`{"type":%s,"expr":%s,"version":%q,"priority":"%d"}`, quoted(kind), quoted(v.rule), grayVersion, priority)
		pairs = []pair{{"gray_name", r.Gray}, {"src_user", v.user}, {"gray_rule", rule}}
	}
	var parts []string
	for _, p := range pairs {
		if p.value != "" {
			parts = append(parts, quoted(p.name)+":"+quoted(p.value))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func quoted(text string) string {
	b, _ := json.Marshal(text) // never fails
	return string(b)
}
