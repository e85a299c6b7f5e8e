package fakenacos

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// pagesV3 are the pages of a Nacos 3 with its default settings. It serves its own API, and of the
// API of Nacos 2 only what clients use.
var pagesV3 = map[string]map[string]page{
	"/v3/client/cs/config":           {"GET": {(*web).getClientV3, forReaders}},
	"/v3/admin/cs/config":            {"GET": {(*web).getV3, forReaders}, "POST": {(*web).postV3, forWriters}, "DELETE": {(*web).deleteV3, forWriters}},
	"/v3/admin/cs/config/list":       {"GET": {(*web).listV3, forReaders}},
	"/v3/admin/cs/config/listener":   {"GET": {(*web).listenersV3, forWriters}},
	"/v3/admin/cs/config/beta":       {"GET": {(*web).betaV3, forReaders}, "DELETE": {(*web).stopBetaV3, forWriters}},
	"/v3/admin/cs/history":           {"GET": {(*web).revisionV3, forReaders}},
	"/v3/admin/cs/history/list":      {"GET": {(*web).historyV3, forReaders}},
	"/v3/admin/core/state":           {"GET": {(*web).stateV3, open}},
	"/v3/admin/core/state/liveness":  {"GET": {(*web).aliveV2, open}},
	"/v3/admin/core/state/readiness": {"GET": {(*web).readyV3, open}},
	"/v3/admin/core/namespace":       {"GET": {(*web).namespaceV3, forAdmins}, "POST": {(*web).addNamespaceV3, forAdmins}, "DELETE": {(*web).dropNamespaceV3, forAdmins}},
	"/v3/admin/core/namespace/list":  {"GET": {(*web).namespacesV3, forAdmins}},
	"/v3/admin/core/loader/current":  {"GET": {(*web).connectionsV3, forAdmins}},
	"/v3/auth/user/login":            {"POST": {(*web).loginV3, open}},

	"/v1/cs/configs":          {"GET": {(*web).getOld, forReaders}, "POST": {(*web).postOld, forWriters}, "DELETE": {(*web).deleteOld, forWriters}},
	"/v1/auth/login":          {"POST": {(*web).loginOld, open}},
	"/v1/auth/users/login":    {"POST": {(*web).loginOld, open}},
	"/v1/ns/instance":         {"POST": {(*web).registerV1, forWriters}, "DELETE": {(*web).deregisterV1, forWriters}},
	"/v1/ns/operator/metrics": {"GET": {(*web).metrics, open}},

	"/v1/cs/configs/listener":           {"GET": goneTo(consoleAPI, "cs/config/listener")},
	"/v1/cs/history":                    {"GET": goneTo(consoleAPI, "cs/history")},
	"/v1/cs/health":                     {"GET": {(*web).goneForGood, open}},
	"/v1/console/health/liveness":       {"GET": goneTo(consoleAPI, "health/liveness")},
	"/v1/console/health/readiness":      {"GET": goneTo(consoleAPI, "health/readiness")},
	"/v1/console/server/state":          {"GET": goneTo(consoleAPI, "server/state")},
	"/v1/console/namespaces":            {"GET": goneTo(consoleAPI, "core/namespace/list"), "POST": goneTo(consoleAPI, "core/namespace"), "DELETE": goneTo(consoleAPI, "core/namespace")},
	"/v2/console/health/liveness":       {"GET": goneTo(consoleAPI, "health/liveness")},
	"/v2/console/health/readiness":      {"GET": goneTo(consoleAPI, "health/readiness")},
	"/v2/console/namespace/list":        {"GET": goneTo(consoleAPI, "core/namespace/list")},
	"/v2/cs/config":                     {"GET": goneTo(adminAPI, "cs/config"), "POST": goneTo(adminAPI, "cs/config"), "DELETE": goneTo(adminAPI, "cs/config")},
	"/v2/cs/history":                    {"GET": goneTo(adminAPI, "cs/history")},
	"/v2/cs/history/list":               {"GET": goneTo(adminAPI, "cs/history/list")},
	"/v2/core/cluster/node/self/health": {"GET": goneTo(adminAPI, "core/cluster/node/self/health")},
	"/v2/core/loader/current":           {"GET": goneTo(adminAPI, "core/loader/current")},
}

// The parts of the API that a setting of the server brings back, by the name in that setting.
const (
	consoleAPI = "console"
	adminAPI   = "admin"
)

// goneTo is a page of Nacos 2 that a Nacos 3 answers with the path of another one.
func goneTo(part, path string) page {
	return page{func(h *web) {
		context := "${contextPath:nacos}"
		if strings.HasPrefix(path, "core/cluster/") || strings.HasPrefix(path, "core/loader/") {
			context = "{contextPath:nacos}" // sic
		}
		h.gone("please use API(s) `"+h.method()+" "+context+"/v3/"+part+"/"+path+"` instead, or set", part)
	}, open}
}

func (h *web) goneForGood() { h.gone("If wanted continue to use, please set", adminAPI) }

func (h *web) gone(advice, part string) {
	text, _ := json.Marshal(advice) // never fails
	h.errorPage(http.StatusGone, `{"code":40000,"message":"Current API will be deprecated, `+strings.Trim(string(text), `"`)+
		" `nacos.core.api.compatibility."+part+`.enabled=true`+"` in application.properties.\"}")
}

// moved returns the page for a request. On one path of Nacos 2, a parameter tells the page of the
// console, which a Nacos 3 does not have there.
func (h *web) moved(p page) page {
	is := func(name string, values ...string) bool { return slices.Contains(values, h.params.Get(name)) }
	read := h.method() == http.MethodGet
	switch path := h.r.URL.Path; {
	case path == "/nacos/v1/cs/history" && is("search", "accurate"):
		return goneTo(consoleAPI, "cs/history/list")
	case path != "/nacos/v1/cs/configs":
	case read && is("show", "all"):
		return goneTo(consoleAPI, "cs/config")
	case read && is("search", "accurate", "blur"):
		return goneTo(consoleAPI, "cs/config/list")
	case (read || h.r.Method == http.MethodDelete) && is("beta", "true"):
		return goneTo(consoleAPI, "cs/config/beta")
	}
	return p
}

// secure sets the headers that each answer of a Nacos 3 has.
func (h *web) secure() {
	head := h.w.Header()
	head.Del("Content-Security-Policy")
	for name, value := range map[string]string{
		"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate", "Pragma": "no-cache", "Expires": "0",
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "X-XSS-Protection": "0",
	} {
		head.Set(name, value)
	}
}

// The codes of the API of Nacos 3, and of the v2 API.
const (
	codeMissing       = 10000
	codeInvalid       = 20002
	codeNoResource    = 20004
	codeConflict      = 20005
	codeTooManyGrays  = 20010
	codeBadNamespace  = 22000
	codeNoNamespace   = 22001
	codeHasNamespace  = 22002
	codeAccessDenied  = 10001
	codeServerTrouble = 30000
)

// codeTexts are the messages that belong to the codes.
var codeTexts = map[int]string{
	codeMissing: "parameter missing", codeInvalid: "parameter validate error", codeNoResource: "resource not found",
	codeConflict: "resource conflict", codeTooManyGrays: "config gray version version over max count", codeBadNamespace: "illegal namespace",
	codeNoNamespace: "namespace not exist", codeHasNamespace: "namespace already exist", codeAccessDenied: "access denied",
}

func (h *web) succeed(data any) { h.json(http.StatusOK, good(data)) }

// refuse answers with a code and the reason.
func (h *web) refuse(status, code int, reason string) {
	h.json(status, wrapped{code, codeTexts[code], reason})
}

// throws answers with the text of an exception.
func (h *web) throws(text string) {
	h.json(http.StatusInternalServerError, wrapped{codeServerTrouble, text, nil})
}

// missing returns which of the parameters is missing, or "".
func (h *web) missing(names ...string) string {
	for _, n := range names {
		if blank(h.get(n)) {
			return "Required parameter '" + h.name(n) + "' type String is not present"
		}
	}
	return ""
}

// needsV3 answers 400 unless all the parameters were sent.
func (h *web) needsV3(names ...string) bool {
	problem := h.missing(names...)
	if problem != "" {
		h.refuse(http.StatusBadRequest, codeMissing, problem)
	}
	return problem == ""
}

// asks answers 400 unless a parameter was sent that belongs to no form.
func (h *web) asks(name, kind string) bool {
	if !h.params.Has(name) {
		h.refuse(http.StatusBadRequest, codeMissing, "Required request parameter '"+name+"' for method parameter type "+kind+" is not present")
		return false
	}
	return true
}
