package fakenacos

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// instanceForm returns the service and the instance of a request, or answers it with an error. The
// name of the service may include the group.
func (h *web) instanceForm() (k serviceKey, b *instanceBody, done bool) {
	for _, name := range []string{"serviceName", "ip", "port"} {
		if !h.needs(name) {
			return k, nil, true
		}
	}
	get := func(name string) *loose { v := loose(h.params.Get(name)); return &v }
	k = h.service()
	if k.group == "" {
		h.errorPage(http.StatusBadRequest, "")
		return k, nil, true
	}
	port, err := strconv.ParseInt(h.params.Get("port"), 10, 32)
	b = &instanceBody{IP: get("ip"), Port: whole(port), Cluster: get("clusterName")}
	if err != nil {
		b.Port = -1
	}
	if *b.Cluster == "" {
		*b.Cluster = "DEFAULT"
	}
	problem := k.check()
	if problem == "" {
		problem = b.check()
	}
	if problem != "" {
		h.noCache()
		h.w.Header()["Content-Type"] = nil
		h.w.WriteHeader(http.StatusBadRequest)
		_, _ = h.w.Write([]byte(problem + "\r\n"))
		return k, nil, true
	}
	if v := h.params.Get("ephemeral"); v == "" || strings.EqualFold(v, "true") {
		h.plain(http.StatusBadRequest, "nacostest has no ephemeral instances over HTTP, which live by heartbeats; use gRPC")
		return k, nil, true
	}
	return k, b, false
}

func (h *web) needs(name string) bool {
	if h.params.Get(name) != "" {
		return true
	}
	h.plain(http.StatusBadRequest, "Param '"+name+"' is required.")
	return false
}

// service returns the service that a request names. Its group is empty if the name is malformed.
func (h *web) service() serviceKey {
	group, name, both := strings.Cut(h.params.Get("serviceName"), "@@")
	if !both {
		group, name = h.params.Get("groupName"), group
		if group == "" {
			group = "DEFAULT_GROUP"
		}
	}
	return serviceOf(h.params.Get("namespaceId"), group, name)
}

func (h *web) registerV1() {
	k, b, done := h.instanceForm()
	if done {
		return
	}
	on := func(v string) *bool { is := v == "" || strings.EqualFold(v, "true"); return &is }
	b.Healthy, b.Enabled = on(h.params.Get("healthy")), on(h.params.Get("enabled"))
	if h.params.Has("enable") { // the older name comes first
		b.Enabled = on(h.params.Get("enable"))
	}
	if v := h.params.Get("weight"); v != "" {
		f, err := strconv.ParseFloat(v, 64)
		switch {
		case err != nil:
			h.plain(http.StatusBadRequest, "For input string: "+strconv.Quote(v))
			return
		case !(f >= 0 && f <= maxWeight):
			h.plain(http.StatusBadRequest, badWeight)
			return
		}
		w := real(f)
		b.Weight = &w
	}
	if !b.parseMetadata(h.params.Get("metadata")) {
		h.errorPage(http.StatusInternalServerError, "")
		return
	}
	if problem := h.srv.registerPersistent(k, b.instance(k)); problem != "" {
		h.plain(http.StatusBadRequest, problem)
		return
	}
	h.plain(http.StatusOK, "ok")
}

// parseMetadata reads a JSON object or a list like "a=b,c=d".
func (b *instanceBody) parseMetadata(text string) bool {
	if text == "" || json.Unmarshal([]byte(text), &b.Metadata) == nil {
		return true
	}
	b.Metadata = map[string]*loose{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return false
		}
		v := loose(value)
		b.Metadata[name] = &v
	}
	return true
}

func (h *web) deregisterV1() {
	if k, b, done := h.instanceForm(); !done {
		h.srv.deregisterPersistent(k, b.instance(k).addr())
		h.plain(http.StatusOK, "ok")
	}
}
