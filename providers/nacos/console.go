package nacos

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/nacre-go/nacre/source"
)

// Some requests are possible over the HTTP interface alone. Its paths differ between Nacos 2 and
// Nacos 3: the session tries both until the server knows one, and begins with that one from then
// on.

// call is one request of that interface.
type call struct {
	method string
	path   string
	query  url.Values
	form   url.Values
	most   int  // limit of the answer in bytes; 0: maxFetch
	writes bool // whether a Nacos 3 requires the permission to write
	about  *Key // what is signed; nil: the key that the request is about
}

// about2 and about3 are the parameters of a config in Nacos 2 and Nacos 3.
func about2(k Key) url.Values {
	v := url.Values{"dataId": {k.DataID}, "group": {k.Group}}
	if k.Namespace != "" {
		v.Set("tenant", k.Namespace)
	}
	return v
}

func about3(k Key) url.Values {
	return url.Values{"dataId": {k.DataID}, "groupName": {k.Group}, "namespaceId": {namespaceName(k.Namespace)}}
}

// with returns v with one more parameter.
func with(v url.Values, name, value string) url.Values {
	v.Set(name, value)
	return v
}

// console sends a request to the server of the connection and returns the body of the answer,
// without the envelope of newer servers. calls are the request in Nacos 2 and in Nacos 3.
func (s *session) console(ctx context.Context, c *conn, k Key, op string, calls ...call) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timings.request)
	defer cancel()
	var err error
	later := s.speaks3.Load()
	if later {
		calls = slices.Clone(calls)
		slices.Reverse(calls)
	}
	for i, one := range calls {
		var body []byte
		var known bool
		if body, known, err = s.consoleCall(ctx, c.server, k, op, one); known {
			if i > 0 {
				s.speaks3.Store(!later)
			}
			return body, err
		}
	}
	return nil, err
}

// consoleCall makes one call, and reports whether the server knows its path.
func (s *session) consoleCall(ctx context.Context, server address, k Key, op string, one call) (body []byte, known bool, err error) {
	document := server.String()
	if k != (Key{}) {
		document = k.String()
	}
	signed := k
	if one.about != nil {
		signed = *one.about
	}
	for repeated := false; ; repeated = true {
		with, err := s.proof(ctx, server, signed)
		if err != nil {
			return nil, true, err
		}
		f := fetch{method: one.method, url: server.url(one.path) + "?" + one.query.Encode(), form: one.form, headers: with.headers, most: one.most}
		status, body, err := s.transport.Fetch(ctx, f)
		if err != nil {
			return nil, true, errHTTP(ctx, op, server, err)
		}
		code, message, data := unwrap(body)
		switch {
		case status == http.StatusOK && code == 0:
			return data, true, nil
		case status == http.StatusForbidden || status == http.StatusUnauthorized:
			if err := s.rejected(ctx, server, with, repeated, document, message); err != nil {
				return nil, true, needsRight(err, one)
			}
			continue
		case code == codeNoResource:
			return nil, true, ConfigNotFound.fail(op, document)
		case status == http.StatusServiceUnavailable, status == http.StatusBadGateway, status == http.StatusGatewayTimeout,
			status == http.StatusTooManyRequests:
			return nil, true, errNotReady(server)
		case status == http.StatusBadRequest:
			return nil, true, BadRequest.fail(op, document)
		case otherPath(status), status == http.StatusNotImplemented:
			return nil, false, NotSupported.fail(op, document)
		}
		cause := BadResponse
		if status == http.StatusInternalServerError {
			cause = ServerError
		}
		return nil, true, cause.failAs(op, document, "the server answered with HTTP status "+strconv.Itoa(status))
	}
}

// needsRight says in an error which permission is missing, unless something else is wrong.
func needsRight(err error, one call) error {
	var e *source.Error
	if !errors.As(err, &e) || !errors.Is(err, PermissionDenied) {
		return err
	}
	right := "READ"
	if one.writes || one.method != http.MethodGet {
		right = "WRITE"
	}
	told := PermissionDenied.failAs(e.Op, e.Document, "the user has no permission "+right+" for this request of the HTTP interface")
	told.Fix = "grant " + right + " on the namespace to the user's role, or use the login of an administrator (ROLE_ADMIN), " +
		"which a Nacos 3 may require here; to read, publish and listen to one config needs permissions on that config only"
	return told
}

// codeNoResource is the code of newer servers for a missing config.
const codeNoResource = 20004

// unwrap removes the envelope of newer servers: {"code": 0, "message": "success", "data": …}. Some
// use 200 for 0.
func unwrap(body []byte) (code int, message string, data []byte) {
	var w struct {
		Code    *int            `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &w) != nil || w.Code == nil {
		return 0, string(body), body
	}
	if *w.Code == http.StatusOK {
		*w.Code = 0
	}
	return *w.Code, w.Message, w.Data
}

// namespaceName returns the id of a namespace for interfaces in which the public one has an id.
func namespaceName(id string) string {
	if id == "" {
		return "public"
	}
	return id
}
