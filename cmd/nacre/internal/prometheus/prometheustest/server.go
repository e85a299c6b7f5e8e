package prometheustest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Server is a Prometheus. Its URL is that of the embedded server.
type Server struct {
	*httptest.Server

	mu          sync.Mutex
	now, before []series
	age         time.Duration
	status      int
	body        string
	warnings    []string
	token       string
	hang        chan struct{}
}

// New starts a server; Close ends it.
func New() *Server {
	s := &Server{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	return s
}

// Set makes these the series that the server has, one a line in the form of an exposition, such as
// up{job="orders"} 1. Lines that begin with # are ignored.
func (s *Server) Set(text string) {
	s.change(func() { s.now = parse(text) })
}

// SetBefore makes these the series that a query at a time finds.
func (s *Server) SetBefore(text string) {
	s.change(func() { s.before = parse(text) })
}

// SetAge sets how old the samples are.
func (s *Server) SetAge(age time.Duration) { s.change(func() { s.age = age }) }

// Fail makes the server answer with a status and a body; 0 ends that.
func (s *Server) Fail(status int, body string) {
	s.change(func() { s.status, s.body = status, body })
}

// Warn adds warnings to all answers.
func (s *Server) Warn(warnings ...string) { s.change(func() { s.warnings = warnings }) }

// Require makes the server require a bearer token, or with a colon in it, a user and a password.
func (s *Server) Require(token string) { s.change(func() { s.token = token }) }

// Hang makes the server answer nothing until a channel is closed.
func (s *Server) Hang(until chan struct{}) { s.change(func() { s.hang = until }) }

func (s *Server) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Server) authorized(r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	return s.token == "" || r.Header.Get("Authorization") == "Bearer "+s.token || user+":"+password == s.token
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	hang := s.hang
	s.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.authorized(r):
		w.WriteHeader(http.StatusUnauthorized)
		return
	case s.status != 0:
		w.WriteHeader(s.status)
		_, _ = w.Write([]byte(s.body))
		return
	}
	from := s.now
	if r.FormValue("time") != "" {
		from = s.before
	}
	expression := r.FormValue("query")
	isAge := strings.HasPrefix(expression, "time() - timestamp(")
	found := []any{}
	for _, one := range from {
		matches, err := one.matches(expression)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]any{"status": "error", "errorType": "bad_data", "error": err.Error()})
			return
		}
		if !matches {
			continue
		}
		metric, value := one.labels, one.value
		if isAge {
			metric, value = without(metric, "__name__"), s.age.Seconds()
		}
		found = append(found, map[string]any{"metric": metric, "value": []any{1, format(value)}})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"status": "success", "warnings": s.warnings, "data": map[string]any{"resultType": "vector", "result": found},
	})
}
