package sourcetest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/source"
	"github.com/nacre-go/nacre/source/sourcetest"
)

// The code between the marks stands in docs/writing-a-source.md, word for word.

// NewHTTP returns a source of the document at url, which it requests every interval.
func NewHTTP(client *http.Client, url string, interval time.Duration) source.Source {
	r := &httpReader{client: client, url: url, name: path.Base(url)}
	return source.Poll(r.name, interval, r.fetch)
}

type httpReader struct {
	client    *http.Client
	url, name string
	last      source.Content // the last answer
	etag      string
}

const maxDocument = 10 << 20

func (r *httpReader) fetch(ctx context.Context) (source.Content, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return source.Content{}, r.error(source.InvalidArgument, nil) // err quotes the URL, and a URL may hold a password
	}
	if r.etag != "" {
		req.Header.Set("If-None-Match", r.etag)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return source.Content{}, r.error(kindOr(err, source.Unavailable), errors.Unwrap(err)) // without the URL
	}
	defer res.Body.Close()

	switch res.StatusCode {
	case http.StatusNotModified:
		return r.last, nil
	case http.StatusNotFound:
		r.etag = ""
		r.last = source.Content{Revision: "absent", Documents: []source.Document{{Name: r.name, Absent: true}}}
		return r.last, nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return source.Content{}, r.error(source.PermissionDenied, errors.New(res.Status))
	case http.StatusOK:
	default:
		return source.Content{}, r.error(source.Unavailable, errors.New(res.Status))
	}

	data, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1)) // an error if the answer is incomplete
	if err != nil {
		return source.Content{}, r.error(kindOr(err, source.Unavailable), err)
	}
	if len(data) > maxDocument {
		return source.Content{}, r.error(source.TooLarge, nil)
	}
	etag := res.Header.Get("ETag")
	if etag == "" { // it is the revision, and Poll never returns a content without one
		return source.Content{}, r.error(source.InvalidArgument, errors.New("the answer has no ETag"))
	}
	r.etag = etag
	r.last = source.Content{
		Revision: source.Revision(r.etag),
		Documents: []source.Document{{
			Name: r.name, Format: source.FormatOf(r.name), Data: data, Location: r.name,
		}},
	}
	return r.last, nil
}

func (r *httpReader) error(kind source.Kind, cause error) error {
	return &source.Error{Kind: kind, Op: "read", Document: r.name, Err: cause}
}

// kindOr returns the kind of an error of the standard library, or other if it has none.
func kindOr(err error, other source.Kind) source.Kind {
	if kind := source.KindOf(err); kind != source.Unknown {
		return kind
	}
	return other
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(t *testing.T) sourcetest.Harness {
		server := newServer(t)
		client := &http.Client{Transport: &http.Transport{}}
		return sourcetest.Harness{
			Source: func() source.Source { return NewHTTP(client, server.URL+"/orders.yaml", 10*time.Millisecond) },
			Put:    func(_ context.Context, v sourcetest.Values) error { return server.put(v.Encode(source.FormatYAML)) },
			Delete: func(context.Context) error { return server.put(nil) },
			Break:  func(context.Context) error { return server.fail(true) },
			Repair: func(context.Context) error { return server.fail(false) },
			Close:  func() error { client.CloseIdleConnections(); return nil },
			Cannot: map[string]string{
				"LostWakeups":             "it polls, and gets no wake-ups",
				"DoubledWakeups":          "it polls, and gets no wake-ups",
				"LateAndReorderedWakeups": "it polls, and gets no wake-ups",
				"NoValueInErrors":         "it does not decode, so it accepts every document",
			},
		}
	})
}

// The marks end here.

type server struct {
	*httptest.Server
	mu     sync.Mutex
	data   []byte
	n      int
	broken bool
}

func newServer(t *testing.T) *server {
	s := &server{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Server.Close)
	return s
}

func (s *server) put(data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if data == nil || string(data) != string(s.data) || s.data == nil {
		s.n++
	}
	s.data = data
	return nil
}

func (s *server) fail(broken bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
	return nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	etag := fmt.Sprintf("%q", fmt.Sprint(s.n))
	switch {
	case s.broken:
		http.Error(w, string(s.data), http.StatusServiceUnavailable) // an error page that shows what it should not
	case s.data == nil:
		http.NotFound(w, req)
	case req.Header.Get("If-None-Match") == etag:
		w.WriteHeader(http.StatusNotModified)
	default:
		w.Header().Set("ETag", etag)
		_, _ = w.Write(s.data)
	}
}

func TestHTTPErrors(t *testing.T) {
	t.Parallel()
	refused := httptest.NewServer(http.NotFoundHandler())
	refused.Close()
	status := func(code int, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "password: hunter2")
	}))
	t.Cleanup(plain.Close)
	for name, test := range map[string]struct {
		url  string
		want source.Kind
	}{
		"no ETag":               {plain.URL, source.InvalidArgument},
		"a bad URL":             {"http://user:hunter2@[::1/orders.yaml", source.InvalidArgument},
		"nobody listens":        {refused.URL, source.Unavailable},
		"no permission":         {status(http.StatusForbidden, "hunter2"), source.PermissionDenied},
		"a server in trouble":   {status(http.StatusBadGateway, "hunter2"), source.Unavailable},
		"an answer that is cut": {status(http.StatusOK, "password: hunter2"), source.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			_, err := NewHTTP(client, test.url+"/orders.yaml", 0).Next(t.Context(), "")
			if source.KindOf(err) != test.want {
				t.Errorf("%v is %q, must be %q", err, source.KindOf(err), test.want)
			}
			if err == nil || containsAny(err.Error(), "hunter2", "password") {
				t.Errorf("the error has a value in it: %v", err)
			}
		})
	}
}
