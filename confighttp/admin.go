package confighttp

import (
	"context"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// Admin returns a handler with which operators act on a config: approve, pin, unpin, roll back and
// refresh. Mount it at a path that ends in a slash. GET of that path is the page that [Page] shows,
// with a form for each action. The actions are POST requests of the paths approve, pin, unpin,
// rollback and refresh below it, with a form or JSON as the body. docs/admin.md describes them.
//
// authorize decides who may do it. Admin calls it for each request, also for the page. It returns
// the name of the operator, which is recorded, or an error, and the request is then answered with
// 403; the error is not shown. It also refuses a request by returning an empty name, one of more
// than 200 bytes, or one with control characters. path.Base(r.URL.Path) is the action. With a nil
// authorize, Admin refuses every request.
//
// An action changes this instance of the service and no other.
func Admin[T any](cfg *nacre.Config[T], authorize func(*http.Request) (who string, err error), opts ...Option) http.Handler {
	return &admin{config: cfg, overview: func() overview { return overviewOf(cfg) }, authorize: authorize, options: optionsOf(opts)}
}

// config is what Admin calls of a nacre.Config.
type config interface {
	Health() observe.Health
	Approve(ctx context.Context, layer string, revision source.Revision, by ...observe.By) (int64, error)
	Pin(ctx context.Context, version int64, by ...observe.By) (int64, error)
	Unpin(ctx context.Context, by ...observe.By) error
	Rollback(ctx context.Context, by ...observe.By) (int64, error)
	Refresh(ctx context.Context, by ...observe.By) (int64, error)
}

type admin struct {
	config    config
	overview  func() overview
	authorize func(*http.Request) (string, error)
	options   options
	origins   http.CrossOriginProtection
}

// adminPolicy allows the forms of the page to be sent to this server.
var adminPolicy = strings.Replace(policy, "form-action 'none'", "form-action 'self'", 1)

func (a *admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	w.Header().Set("Content-Security-Policy", adminPolicy)
	// With no-referrer, a browser sends "Origin: null" with the page's own forms.
	w.Header().Set("Referrer-Policy", "same-origin")
	if a.authorize == nil {
		refuse(w, r, http.StatusForbidden, "confighttp.Admin has no authorize function, and refuses every request")
		return
	}
	if !a.options.allows(r) {
		refuse(w, r, http.StatusForbidden, hostRefused)
		return
	}
	name, found := actionOf(r)
	allowed := []string{http.MethodGet, http.MethodHead}
	if name != "" {
		allowed = []string{http.MethodPost}
	}
	switch {
	case !found:
		refuse(w, r, http.StatusNotFound, "no such page or action; Admin belongs at a path that ends in a slash")
		return
	case !slices.Contains(allowed, r.Method):
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		refuse(w, r, http.StatusMethodNotAllowed, "only "+strings.Join(allowed, " and "))
		return
	}
	if name != "" {
		if status, reason := a.foreign(r); status != 0 {
			refuse(w, r, status, reason)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody) // authorize may read it
	}
	who, status, reason := a.operator(r)
	switch {
	case status != 0:
		refuse(w, r, status, reason)
	case name != "":
		a.serveAction(w, r, name, who)
	case lacksSlash(r):
		w.Header().Set("Location", "./"+path.Base(requestPath(r))+"/") // relative, since a proxy or StripPrefix hides the rest
		w.WriteHeader(http.StatusTemporaryRedirect)
	default:
		a.servePage(w, http.StatusOK, who, "", r.URL.Query().Has("done"))
	}
}

// actionOf returns the action that the path of a request names, or "" for the page. found is false
// if the path names neither.
func actionOf(r *http.Request) (name string, found bool) {
	sub, ok := subpath(r)
	if !ok { // what is behind the last slash decides
		sub = r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	}
	_, known := actions[sub]
	return sub, known || sub == ""
}

// requestPath returns the path as the client or a proxy sent it.
func requestPath(r *http.Request) string {
	text, _, _ := strings.Cut(r.RequestURI, "?")
	return text
}

// lacksSlash reports whether the links of the page would lead elsewhere.
func lacksSlash(r *http.Request) bool {
	text := requestPath(r)
	return text != "" && !strings.HasSuffix(text, "/")
}

// foreign returns the status and the reason with which to refuse an action that another site may
// have sent through the browser of an operator; 0 if it did not.
func (a *admin) foreign(r *http.Request) (status int, reason string) {
	if a.origins.Check(r) != nil {
		return http.StatusForbidden, "the request comes from another origin"
	}
	switch mediaType(r) {
	case typeJSON: // a browser does not send it to another origin without asking
		return 0, ""
	case typeForm:
		// Every browser that sends a form by POST sends one of them.
		if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" {
			return http.StatusForbidden, "a form without an Origin header may come from another site; programs send JSON"
		}
		return 0, ""
	}
	return http.StatusUnsupportedMediaType, "the body must be " + typeJSON + " or " + typeForm
}

// operator asks authorize who sends a request. A status other than 0 refuses it.
func (a *admin) operator(r *http.Request) (who string, status int, reason string) {
	defer func() {
		if recover() != nil {
			who, status, reason = "", http.StatusInternalServerError, "authorize has panicked"
		}
	}()
	who, err := a.authorize(r)
	switch {
	case err != nil:
		status, reason = http.StatusForbidden, "not authorized"
	case strings.TrimSpace(who) == "":
		status, reason = http.StatusForbidden, "not authorized: authorize returned no name"
	case unfit(who) != "":
		status, reason = http.StatusForbidden, "not authorized: the name "+unfit(who)
	}
	return who, status, reason
}

// maxText is how many bytes of a text observe.By records.
const maxText = 200

// unfit says why a text cannot be recorded; empty if it can be.
func unfit(text string) string {
	switch {
	case len(text) > maxText:
		return "has more than 200 bytes"
	case !utf8.ValidString(text):
		return "is not UTF-8"
	case strings.ContainsFunc(text, func(c rune) bool {
		return unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
	}):
		return "has a control character or a line break"
	}
	return ""
}

// operation is what the page of Admin shows besides that of Page.
type operation struct {
	Who      string
	Problem  string // why the action of this operator failed
	Done     *entry // the last action of this operator
	Versions []entry
}

// justNow is how long the page says what an operator has done.
const justNow = time.Minute

func (a *admin) servePage(w http.ResponseWriter, status int, who, problem string, done bool) {
	o := a.overview()
	o.Admin = &operation{Who: who, Problem: problem}
	for i, e := range o.History { // newest first
		switch e.Kind {
		case observe.Applied, observe.RolledBack:
			o.Admin.Versions = append(o.Admin.Versions, e)
		case observe.Approved, observe.Pinned, observe.Unpinned, observe.Refreshed:
			if done && o.Admin.Done == nil && e.By.Who == who && o.At.Sub(e.Time) < justNow {
				o.Admin.Done = &o.History[i]
			}
		}
	}
	servePage(w, status, o, adminPolicy)
}
