package confighttp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

const (
	typeJSON = "application/json"
	typeForm = "application/x-www-form-urlencoded"

	maxBody = 16 << 10
	// actionTimeout is longer than what an action may wait for, such as the builds of resources.
	actionTimeout = 30 * time.Second
)

// actions are the actions with the fields that each requires besides why.
var actions = map[string][]string{
	"approve":  {"layer", "revision"},
	"pin":      {"version", "seen"},
	"unpin":    {"seen"},
	"rollback": {"seen"},
	"refresh":  nil,
}

// request is the body of an action.
type request struct {
	Why, Layer, Revision string
	Version              int64
	Seen                 int64 // the live version, as the operator saw it
}

// result is the answer to an action.
type result struct {
	Action   string `json:"action"`
	Who      string `json:"who"`
	Version  int64  `json:"version"` // live after the action
	Pinned   bool   `json:"pinned"`
	Layer    string `json:"layer,omitempty"`
	Revision string `json:"revision,omitempty"`
}

// failure is the answer to a request that is refused or fails.
type failure struct {
	Error   string `json:"error"`
	Kind    string `json:"kind,omitempty"`
	Version int64  `json:"version,omitempty"` // which is live
}

func (a *admin) serveAction(w http.ResponseWriter, r *http.Request, name, who string) {
	q, status, err := requestOf(r, name)
	if err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), actionTimeout)
		defer cancel()
		var version int64
		if version, err = a.act(ctx, name, q, observe.By{Who: who, Why: q.Why, Seen: q.Seen}); err == nil {
			if mediaType(r) == typeForm {
				w.Header().Set("Location", "./?done") // relative, since a proxy or StripPrefix hides the rest
				w.WriteHeader(http.StatusSeeOther)
				return
			}
			serveJSON(w, http.StatusOK, result{Action: name, Who: who, Version: version, Pinned: a.config.Health().Pinned,
				Layer: q.Layer, Revision: q.Revision})
			return
		}
		if ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
			err = &source.Error{Kind: source.Timeout, Op: name, Err: errors.New("it has not finished within " + actionTimeout.String()),
				Fix: "it may still take effect; look at the page before you try again"}
		}
		if status = statusOf(name, err); a.config.Health().Version == 0 { // it was never opened
			status = http.StatusServiceUnavailable
		}
	}
	if mediaType(r) == typeForm {
		a.servePage(w, status, who, err.Error(), false)
		return
	}
	serveJSON(w, status, failure{Error: err.Error(), Kind: source.KindOf(err).Error(), Version: a.config.Health().Version})
}

// act does what an operator asks for, and returns the live version.
func (a *admin) act(ctx context.Context, name string, q request, by observe.By) (int64, error) {
	h := a.config.Health()
	conflict := func(text string) error {
		return &source.Error{Kind: source.Conflict, Op: name, Err: errors.New(text), Fix: "look at the live version and decide again"}
	}
	switch name {
	case "approve":
		return a.config.Approve(ctx, q.Layer, source.Revision(q.Revision), by)
	case "pin":
		if h.Pinned && h.Version == q.Version && h.Version == q.Seen { // the form was sent twice
			return 0, conflict("config is already pinned at version " + strconv.FormatInt(q.Version, 10))
		}
		return a.config.Pin(ctx, q.Version, by)
	case "unpin":
		if !h.Pinned && h.Version == q.Seen {
			return 0, conflict("config is not pinned")
		}
		if err := a.config.Unpin(ctx, by); err != nil {
			return 0, err
		}
		return a.config.Health().Version, nil
	case "rollback":
		return a.config.Rollback(ctx, by)
	default:
		return a.config.Refresh(ctx, by)
	}
}

// statusOf returns the status for an error of an action.
func statusOf(name string, err error) int {
	if _, ok := errors.AsType[*source.Problem](err); ok {
		return http.StatusUnprocessableEntity // the content is not good
	}
	switch source.KindOf(err) {
	case source.InvalidArgument:
		return http.StatusBadRequest
	case source.NotFound:
		if name == "rollback" {
			return http.StatusConflict // the history has no earlier version
		}
		return http.StatusNotFound
	case source.Conflict:
		return http.StatusConflict
	case source.Closed, source.Unavailable:
		return http.StatusServiceUnavailable
	case source.Timeout:
		return http.StatusGatewayTimeout
	}
	if errors.Is(err, context.Canceled) {
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// requestOf reads the body of an action. An error comes with the status to answer.
func requestOf(r *http.Request, name string) (q request, status int, err error) {
	given, err := fieldsOf(r)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return q, http.StatusRequestEntityTooLarge, wrong("the body has more than 16 KiB")
	}
	if err != nil {
		return q, http.StatusBadRequest, err
	}
	required := append([]string{"why"}, actions[name]...)
	for field, text := range given {
		if !slices.Contains(required, field) {
			return q, http.StatusBadRequest, wrong("the action has no field of that name; its fields are " + strings.Join(required, ", "))
		}
		switch field {
		case "why":
			q.Why = strings.TrimSpace(text)
		case "layer":
			q.Layer = text
		case "revision":
			q.Revision = text
		case "version":
			q.Version, err = strconv.ParseInt(text, 10, 64)
		case "seen":
			q.Seen, err = strconv.ParseInt(text, 10, 64)
		}
		if err != nil || (field == "version" && q.Version < 1) || (field == "seen" && q.Seen < 1) {
			return q, http.StatusBadRequest, wrong(field + " is not a version number")
		}
	}
	for _, field := range required {
		if strings.TrimSpace(given[field]) == "" {
			return q, http.StatusBadRequest, wrong(field + " is missing")
		}
	}
	if reason := unfit(q.Why); reason != "" {
		return q, http.StatusBadRequest, wrong("why " + reason)
	}
	return q, 0, nil
}

// wrong returns an error about a request. Its text has nothing of the request.
func wrong(text string) error {
	return &source.Error{Kind: source.InvalidArgument, Op: "read the request", Err: errors.New(text)}
}

// fieldsOf returns the fields of a form or of a JSON object as text.
func fieldsOf(r *http.Request) (map[string]string, error) {
	fields := map[string]string{}
	if mediaType(r) == typeForm {
		if err := r.ParseForm(); err != nil {
			if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
				return nil, err
			}
			return nil, wrong("the body is not a form")
		}
		for name, values := range r.PostForm { // never from the query
			if len(values) != 1 {
				return nil, wrong("a field is given twice")
			}
			fields[name] = values[0]
		}
		return fields, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if decoder.Decode(&object) != nil || object == nil || decoder.Decode(new(any)) != io.EOF {
		return nil, wrong("the body is not a JSON object")
	}
	for name, value := range object {
		switch v := value.(type) {
		case string:
			fields[name] = v
		case json.Number:
			fields[name] = v.String()
		default:
			return nil, wrong("a field is neither a text nor a number")
		}
	}
	return fields, nil
}

// mediaType returns the media type of the body of a request.
func mediaType(r *http.Request) string {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return t
}

// refuse answers a request that is not served, in the form that the client reads.
func refuse(w http.ResponseWriter, r *http.Request, status int, text string) {
	if mediaType(r) == typeJSON || strings.Contains(r.Header.Get("Accept"), typeJSON) {
		serveJSON(w, status, failure{Error: text})
		return
	}
	http.Error(w, text, status)
}
