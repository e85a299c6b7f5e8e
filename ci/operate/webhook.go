package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// webhook receives what Alertmanager sends.
type webhook struct {
	mu    sync.Mutex
	got   []message
	wrong []string // what could not be understood
}

// message is one alert that a receiver got.
type message struct {
	at       time.Time
	receiver string
	resolved bool
	labels   map[string]string
}

func (m message) String() string {
	what := "fires"
	if m.resolved {
		what = "is over"
	}
	return fmt.Sprintf("%s %s: %s %s, %v", m.at.Format(time.TimeOnly), m.receiver, m.labels["alertname"], what, m.labels)
}

// fires reports whether the message says that an alert fires, to the receiver of its tier and with
// the labels of that.
func (m message) fires(name string) bool {
	tier := tiers[name]
	return m.labels["alertname"] == name && !m.resolved && m.receiver == receivers[tier] &&
		m.labels["tier"] == tier && m.labels["severity"] == severities[tier] && m.labels["job"] == "orders"
}

// ServeHTTP takes a message of Alertmanager. The path is the name of the receiver.
func (h *webhook) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var body struct {
		Receiver string `json:"receiver"`
		Alerts   []struct {
			Status      string            `json:"status"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"alerts"`
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	receiver := strings.TrimPrefix(r.URL.Path, "/")
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Receiver != receiver {
		h.wrong = append(h.wrong, fmt.Sprintf("a message to %s is for %s: %v", receiver, body.Receiver, err))
		return
	}
	for _, alert := range body.Alerts {
		h.got = append(h.got, message{time.Now(), receiver, alert.Status == "resolved", alert.Labels})
		for _, key := range []string{"summary", "description", "runbook_url"} {
			text := alert.Annotations[key]
			if text == "" || strings.Contains(text, "{{") || strings.Contains(text, "<") || strings.Contains(text, "error expanding") {
				h.wrong = append(h.wrong, fmt.Sprintf("%s has the %s %q", alert.Labels["alertname"], key, text))
			}
		}
	}
}

// since returns the messages after a time.
func (h *webhook) since(from time.Time) (messages []message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.got {
		if m.at.After(from) {
			messages = append(messages, m)
		}
	}
	return messages
}

// mistakes returns what could not be understood.
func (h *webhook) mistakes() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.wrong...)
}
