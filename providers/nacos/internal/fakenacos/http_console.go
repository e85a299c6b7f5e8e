package fakenacos

import (
	"net/http"
	"slices"
	"strconv"
)

// Namespace is a namespace that was created in the console. Configs can be published into others
// too.
type Namespace struct {
	ID, Name, Description string
}

func text(s string) func(*web) { return func(h *web) { h.plain(http.StatusOK, s) } }

func (h *web) ready() bool {
	h.srv.mu.Lock()
	defer h.srv.mu.Unlock()
	return !h.srv.faults.notReady
}

func (h *web) readyV1() {
	if !h.ready() {
		h.plain(http.StatusInternalServerError, "Config not in readiness")
		return
	}
	h.plain(http.StatusOK, "OK")
}

func (h *web) readyV2() {
	if !h.ready() {
		h.json(http.StatusInternalServerError, wrapped{30000, "server error", "config is not in readiness"})
		return
	}
	h.aliveV2()
}

func (h *web) aliveV2() { h.json(http.StatusOK, good("ok")) }
func (h *web) upV2()    { h.json(http.StatusOK, good("UP")) }

func (h *web) metrics() { h.json(http.StatusOK, map[string]string{"status": "UP"}) }

func (h *web) state() { h.json(http.StatusOK, h.about()) }

// about says which server this is.
func (h *web) about() map[string]any {
	kind, enabled := "", "false"
	if h.srv.auth != nil {
		kind, enabled = "nacos", "true"
	}
	mode := "standalone"
	h.srv.mu.Lock()
	if h.srv.faults.serveRefused {
		mode = "cluster"
	}
	h.srv.mu.Unlock()
	return map[string]any{
		"version": h.srv.versionName(), "startup_mode": mode, "function_mode": nil, "server_port": strconv.Itoa(h.srv.port),
		"auth_enabled": enabled, "auth_system_type": kind, "login_page_enabled": enabled, "maxContent": strconv.Itoa(maxContent),
		"defaultMaxSize": "102400", "defaultMaxAggrSize": "1024", "defaultMaxAggrCount": "10000", "defaultGroupQuota": "200",
		"defaultClusterQuota": "100000", "maxHealthCheckFailCount": "12", "isHealthCheck": "true", "isManageCapacity": "true",
		"isCapacityLimitCheck": "false", "console_ui_enabled": "true", "datasource_platform": "", "notifyConnectTimeout": "100",
		"notifySocketTimeout": "200", "plugin_datasource_log_enabled": "false",
	}
}

type namespaceItem struct {
	ID    string  `json:"namespace"`
	Name  string  `json:"namespaceShowName"`
	Desc  *string `json:"namespaceDesc"`
	Quota int     `json:"quota"`
	Count int     `json:"configCount"`
	Type  int     `json:"type"`
}

// namespaces lists the public namespace with its name in the version, and those of the console with
// their type there.
func (h *web) namespaces(public namespaceItem, kind int) []namespaceItem {
	h.srv.mu.Lock()
	defer h.srv.mu.Unlock()
	count := map[string]int{}
	for k, st := range h.srv.store.saved {
		if st.formal != nil {
			count[k.Namespace]++
		}
	}
	public.Name, public.Quota, public.Count = "public", 200, count[""]
	out := []namespaceItem{public}
	for _, n := range h.srv.store.spaces {
		out = append(out, namespaceItem{n.ID, n.Name, &n.Description, 200, count[n.ID], kind})
	}
	return out
}

func (h *web) namespacesV1() {
	h.json(http.StatusOK, struct {
		Code    int     `json:"code"`
		Message *string `json:"message"`
		Data    any     `json:"data"`
	}{200, nil, h.namespaces(namespaceItem{}, 2)})
}

func (h *web) namespacesV2() { h.json(http.StatusOK, good(h.namespaces(namespaceItem{}, 2))) }

func (h *web) addNamespace() {
	if !h.wants("namespaceName") {
		return
	}
	id := h.params.Get("customNamespaceId")
	h.json(http.StatusOK, checkName("", id, maxTenant, "") == "" && h.addSpace(id))
}

// addSpace adds the namespace of the request with this id, or one of the server, and reports
// whether it is new.
func (h *web) addSpace(id string) bool {
	h.srv.mu.Lock()
	defer h.srv.mu.Unlock()
	if id == "" {
		id = sum(strconv.FormatInt(h.srv.store.id(), 10))
	}
	fresh := !slices.ContainsFunc(h.srv.store.spaces, func(n Namespace) bool { return n.ID == id })
	if fresh {
		h.srv.store.spaces = append(h.srv.store.spaces, Namespace{id, h.params.Get("namespaceName"), h.params.Get("namespaceDesc")})
	}
	return fresh
}

func (h *web) dropNamespace() {
	h.dropSpace()
	h.json(http.StatusOK, true)
}

func (h *web) dropSpace() {
	id := h.params.Get("namespaceId")
	h.srv.mu.Lock()
	h.srv.store.spaces = slices.DeleteFunc(h.srv.store.spaces, func(n Namespace) bool { return n.ID == id })
	h.srv.mu.Unlock()
}
