package fakenacos

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Publish publishes as a client does: it returns when the content is stored, and reads and pushes
// see it after the dump delay. The namespaces "" and "public" are the public one. It fails on names
// and contents that a real server rejects.
func (s *Server) Publish(namespace, group, dataID, content string) error {
	return s.put(namespace, group, dataID, content, false)
}

// Put publishes and dumps at once: when it returns, reads see the content and pushes are queued. It
// also works while the server is stopped, like a change on another node.
func (s *Server) Put(namespace, group, dataID, content string) error {
	return s.put(namespace, group, dataID, content, true)
}

func (s *Server) put(namespace, group, dataID, content string, now bool) error {
	k := keyOf(namespace, group, dataID)
	problem := checkKey(k)
	if problem == "" {
		id, g := loose(dataID), loose(group)
		problem = checkParams(&id, &g)
	}
	if problem == "" && blank(content) {
		problem = "content is blank"
	}
	if problem == "" && !utf8.ValidString(content) {
		problem = "content is not UTF-8"
	}
	if problem == "" && len(content) > maxContent {
		problem = "content is too large"
	}
	if problem != "" {
		return fmt.Errorf("nacostest: publish %s/%s: %s", k.Group, k.DataID, problem)
	}
	kind := kindOf(dataID)
	if s.three {
		kind = kindOrText(kind)
	}
	s.publish(publication{key: k, content: content, kind: kind, ip: "127.0.0.1"})
	if now {
		s.mu.Lock()
		s.dumpLocked(k)
		s.mu.Unlock()
	}
	return nil
}

// Delete deletes as a client does, with the dump delay. Deleting a missing config is not an error.
func (s *Server) Delete(namespace, group, dataID string) {
	s.remove(keyOf(namespace, group, dataID), "", "127.0.0.1")
}

// Get returns what is stored, whether or not it is dumped.
func (s *Server) Get(namespace, group, dataID string) (content string, exists bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.store.saved[keyOf(namespace, group, dataID)]; st != nil && st.formal != nil {
		return st.formal.content, true
	}
	return "", false
}

// Listener is one connection that listens to a key.
type Listener struct {
	Connection, IP string
	MD5            string // as reported in the last batch listen
}

// Listeners returns the connections that listen to a key, the oldest first.
func (s *Server) Listeners(namespace, group, dataID string) []Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Listener
	for _, c := range s.sortedLocked() {
		if md5, listens := c.listens[keyOf(namespace, group, dataID)]; listens {
			out = append(out, Listener{Connection: c.transport.id, IP: c.transport.ip, MD5: md5})
		}
	}
	return out
}

// History returns the history of a key, newest first.
func (s *Server) History(namespace, group, dataID string) []Revision {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.historyOf(keyOf(namespace, group, dataID))
}

func (st *store) historyOf(k Key) []Revision {
	var out []Revision
	for _, r := range slices.Backward(st.history) {
		if r.Key == k {
			out = append(out, r)
		}
	}
	return out
}

func keyOf(namespace, group, dataID string) Key {
	return Key{Namespace: publicOf(namespace), Group: group, DataID: dataID}
}

// publicOf returns the namespace as HTTP interprets it.
func publicOf(namespace string) string {
	if namespace == "public" {
		return ""
	}
	return namespace
}

// kindOf returns the type of a config, as clients derive it from the extension of the data ID;
// empty for another one, so that a config keeps its type.
func kindOf(dataID string) string {
	switch ext := strings.ToLower(path.Ext(dataID)); ext {
	case ".yaml", ".yml":
		return "yaml"
	case ".json", ".toml", ".properties":
		return ext[1:]
	}
	return ""
}
