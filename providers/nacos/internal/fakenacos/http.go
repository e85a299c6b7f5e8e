package fakenacos

import (
	"encoding/json"
	"io"
	"log"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

var discardLog = log.New(io.Discard, "", 0)

// web is one HTTP request.
type web struct {
	srv    *Server
	run    *run
	w      http.ResponseWriter
	r      *http.Request
	params url.Values // query and form, the query first
	user   string
}

// page answers one path and method.
type page struct {
	handle func(*web)
	guard  guard
}

type guard int

const (
	open guard = iota
	forReaders
	forWriters
	forAdmins // whose permissions are not limited
)

// pages are the parts of the HTTP API that a client of configs needs, by path and method, and those
// that the SDK needs for persistent instances.
var pages = map[string]map[string]page{
	"/v1/cs/configs":                    {"GET": {(*web).getV1, forReaders}, "POST": {(*web).postV1, forWriters}, "DELETE": {(*web).deleteV1, forWriters}},
	"/v1/cs/configs/listener":           {"GET": {(*web).listeners, forReaders}},
	"/v1/cs/history":                    {"GET": {(*web).historyV1, forReaders}},
	"/v2/cs/config":                     {"GET": {(*web).getV2, forReaders}, "POST": {(*web).postV2, forWriters}, "DELETE": {(*web).deleteV2, forWriters}},
	"/v2/cs/history":                    {"GET": {(*web).revisionV2, forReaders}},
	"/v2/cs/history/list":               {"GET": {(*web).historyV2, forReaders}},
	"/v1/auth/login":                    {"POST": {(*web).login, open}},
	"/v1/auth/users/login":              {"POST": {(*web).login, open}},
	"/v1/cs/health":                     {"GET": {text("UP"), open}},
	"/v1/ns/instance":                   {"POST": {(*web).registerV1, forWriters}, "DELETE": {(*web).deregisterV1, forWriters}},
	"/v1/ns/operator/metrics":           {"GET": {(*web).metrics, open}},
	"/v1/console/health/liveness":       {"GET": {text("OK"), open}},
	"/v1/console/health/readiness":      {"GET": {(*web).readyV1, open}},
	"/v2/console/health/liveness":       {"GET": {(*web).aliveV2, open}},
	"/v2/console/health/readiness":      {"GET": {(*web).readyV2, open}},
	"/v1/console/server/state":          {"GET": {(*web).state, open}},
	"/v1/console/namespaces":            {"GET": {(*web).namespacesV1, open}, "POST": {(*web).addNamespace, forWriters}, "DELETE": {(*web).dropNamespace, forWriters}},
	"/v2/console/namespace/list":        {"GET": {(*web).namespacesV2, open}},
	"/v2/core/cluster/node/self/health": {"GET": {(*web).upV2, open}},
	"/v2/core/loader/current":           {"GET": {(*web).connectionsV2, forAdmins}},
}

func (s *Server) handler(r *run) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		(&web{srv: s, run: r, w: w, r: req}).serve()
	})
}

func (h *web) serve() {
	path, inside := strings.CutPrefix(h.r.URL.Path, "/nacos")
	h.w.Header().Set("Content-Security-Policy", "script-src 'self'")
	all := pages
	if h.srv.three {
		all = pagesV3
		h.secure()
	}
	methods, known := all[path]
	h.parse()
	m := Match{Type: h.r.Method + " " + h.r.URL.Path, Key: h.key()}
	if _, allowed := methods[h.method()]; !allowed || !inside {
		m.Type = "other" // a scan must not fill the table of counts
	}
	if h.srv.arrive(h.r.Context(), h.run, m) != nil {
		panic(http.ErrAbortHandler) // the client or the server has gone
	}
	h.srv.mu.Lock()
	down := h.srv.faults.down
	h.srv.mu.Unlock()
	switch {
	case down:
		h.plain(http.StatusServiceUnavailable, "server is away as ordered")
	case !known || !inside:
		h.errorPage(http.StatusNotFound, "No endpoint "+h.r.Method+" "+h.r.URL.Path+".")
	default:
		h.dispatch(methods, m)
	}
	if h.srv.faults.strike(faultLoseAnswers, m) != nil {
		panic(http.ErrAbortHandler) // makes net/http break the connection
	}
}

// ownCheck reports whether the page checks its parameters itself.
func (h *web) ownCheck() bool {
	return h.r.URL.Path == instancePath || strings.HasPrefix(h.r.URL.Path, "/nacos/v3/admin/core/namespace")
}

// method treats HEAD as GET; net/http omits the body.
func (h *web) method() string {
	if h.r.Method == http.MethodHead {
		return http.MethodGet
	}
	return h.r.Method
}

func (h *web) dispatch(methods map[string]page, m Match) {
	p, allowed := methods[h.method()]
	if !allowed {
		h.otherMethod(methods)
		return
	}
	if h.srv.three {
		p = h.moved(p)
	}
	if r := h.srv.faults.strike(faultFail, m); r != nil {
		code := r.code
		if code < 400 || code > 599 {
			code = http.StatusInternalServerError
		}
		h.plain(code, r.text)
		return
	}
	if p.guard != open {
		if h.denied(p.guard, m) {
			return
		}
		if problem := checkKey(h.key()); problem != "" && h.params.Get("search") != "blur" && !h.ownCheck() {
			h.noCache()
			h.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
			if h.isV3() {
				h.w.Header()["Content-Type"] = nil
			}
			h.w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(h.w, problem+"\r\n")
			return
		}
	}
	p.handle(h)
}

// parse collects the parameters of query, form and multipart form. Like a real server it omits
// those that cannot be decoded, which then are missing.
func (h *web) parse() {
	h.r.Body = http.MaxBytesReader(h.w, h.r.Body, maxBody)
	h.params, _ = url.ParseQuery(h.r.URL.RawQuery)
	kind := h.r.Header.Get("Content-Type")
	switch {
	case strings.HasPrefix(kind, "application/x-www-form-urlencoded"):
		b, err := io.ReadAll(h.r.Body)
		if err != nil {
			return
		}
		form, _ := url.ParseQuery(string(b))
		h.add(form)
	case strings.HasPrefix(kind, "multipart/form-data"):
		if h.r.ParseMultipartForm(maxBody) == nil {
			h.add(h.r.MultipartForm.Value)
			_ = h.r.MultipartForm.RemoveAll()
		}
	}
}

func (h *web) add(form map[string][]string) {
	for k, vs := range form {
		for _, v := range vs {
			h.params.Add(k, strings.ToValidUTF8(v, "\uFFFD"))
		}
	}
}

const instancePath = "/nacos/v1/ns/instance"

// maxBody is enough for the largest content with every byte escaped.
const maxBody = 64 << 20

// names are the names of parameters in the API of Nacos 3, by those of Nacos 2.
var names = map[string]string{"group": "groupName", "tenant": "namespaceId", "config_tags": "configTags", "src_user": "srcUser"}

// isV3 reports whether the request is for the API of Nacos 3.
func (h *web) isV3() bool { return strings.HasPrefix(h.r.URL.Path, "/nacos/v3/") }

// get returns a parameter by its name in Nacos 2.
func (h *web) get(name string) string { return h.params.Get(h.name(name)) }

func (h *web) name(name string) string {
	if other := names[name]; other != "" && h.isV3() {
		return other
	}
	return name
}

// key returns the key of the request. In the v2 API and the plain read of v1 "public" is the public
// namespace; in the rest of v1, including publish and delete, it is a namespace like others. On a
// Nacos 3 it is the public one everywhere.
func (h *web) key() Key {
	if h.r.URL.Path == instancePath {
		return h.service().key()
	}
	group, id := h.get("group"), h.params.Get("dataId")
	if h.srv.three {
		return keyOf(h.get("tenant"), group, id)
	}
	if strings.HasPrefix(h.r.URL.Path, "/nacos/v2/") {
		return keyOf(h.params.Get("namespaceId"), group, id)
	}
	if h.method() == http.MethodGet && h.r.URL.Path == "/nacos/v1/cs/configs" && !h.params.Has("show") && !h.params.Has("beta") {
		return keyOf(h.params.Get("tenant"), group, id)
	}
	return Key{Namespace: h.params.Get("tenant"), Group: group, DataID: id}
}

func (h *web) ip() string {
	host, _, _ := strings.Cut(h.r.RemoteAddr, ":")
	return host
}

// denied answers 403 if the credentials do not allow the request.
func (h *web) denied(g guard, m Match) bool {
	cred := credentials{token: h.params.Get("accessToken"), user: h.params.Get("username"), password: h.params.Get("password")}
	if t, bearer := strings.CutPrefix(h.r.Header.Get("Authorization"), "Bearer "); bearer {
		cred.token = t
	} else if t := h.r.Header.Get("accessToken"); t != "" {
		cred.token = t
	}
	var denied string
	if r := h.srv.faults.strike(faultDeny, m); r != nil {
		denied = r.text
	} else if h.srv.opts.AccessKeys != nil {
		denied = h.srv.verify(h.r.Header.Get, h.signed(), publicOf(m.Key.Namespace), g)
	} else {
		h.user, denied = h.srv.auth.may(cred, m.Key.Namespace, g)
	}
	if denied == "" {
		return false
	}
	h.srv.count(func(st *Stats) { st.Refused++ })
	h.errorPage(http.StatusForbidden, h.srv.deniedText(denied))
	return true
}

type errorPage struct {
	Timestamp string `json:"timestamp"`
	Status    int    `json:"status"`
	Error     string `json:"error"`
	Message   string `json:"message,omitempty"`
	Path      string `json:"path"`
}

// errorPage answers with the page of the server for errors. Only that of a Nacos 3 has a message.
func (h *web) errorPage(code int, message string) {
	page := errorPage{stamp(time.Now()), code, http.StatusText(code), message, h.r.URL.Path}
	if !h.srv.three {
		page.Message = ""
	}
	if strings.HasPrefix(h.r.URL.Path, "/nacos/v1/cs/") {
		h.jsonUTF8(code, page)
		return
	}
	h.json(code, page)
}

// otherMethod answers a request whose method the page does not know.
func (h *web) otherMethod(methods map[string]page) {
	if h.srv.three {
		h.w.Header().Set("Allow", strings.Join(slices.Sorted(maps.Keys(methods)), ", "))
		h.errorPage(http.StatusMethodNotAllowed, "Method '"+h.r.Method+"' is not supported.")
		return
	}
	h.plain(http.StatusInternalServerError, "caused: Request method '"+h.r.Method+"' not supported;")
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000+00:00") }

func (h *web) plain(code int, text string) {
	h.w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
	h.w.WriteHeader(code)
	_, _ = io.WriteString(h.w, text)
}

func (h *web) json(code int, body any, media ...string) {
	h.w.Header().Set("Content-Type", append(media, "application/json")[0])
	h.w.WriteHeader(code)
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(body) == nil {
		_, _ = io.WriteString(h.w, strings.TrimSuffix(b.String(), "\n"))
	}
}

// wrapped is the envelope of the v2 API.
type wrapped struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data"`
}

func good(data any) wrapped { return wrapped{0, "success", data} }

func (h *web) noCache() {
	head := h.w.Header()
	head.Set("Pragma", "no-cache")
	head.Set("Expires", "Thu, 01 Jan 1970 00:00:00 GMT")
	head.Set("Cache-Control", "no-cache,no-store")
}
