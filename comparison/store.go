package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// store is where a service finds its document: a file, or a Nacos server.
type store struct {
	job    job
	server *nacostest.Server // nil for a file
}

func newStore(dir string, onNacos bool) (*store, error) {
	s := &store{job: job{Dir: dir}}
	if !onNacos {
		s.job.File = filepath.Join(dir, "app.yaml")
		return s, nil
	}
	var err error
	if s.server, err = nacostest.Start(nacostest.Options{}); err != nil {
		return nil, err
	}
	s.job.Server = s.server.Addr()
	return s, nil
}

// write replaces the document, a file by a rename, as editors and Kubernetes do.
func (s *store) write(text string) error {
	if s.server != nil {
		return s.server.Publish("", "DEFAULT_GROUP", "app.yaml", text)
	}
	next := s.job.File + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(next, s.job.File)
}

func (s *store) remove() error {
	if s.server != nil {
		s.server.Delete("", "DEFAULT_GROUP", "app.yaml")
		return nil
	}
	return os.Remove(s.job.File)
}

func (s *store) close() {
	if s.server != nil {
		s.server.Close()
	}
}

// document is a good document. kratos finds the environment through a reference in the document.
func document(l library, pool string) string {
	if l.name == "kratos" {
		pool = fmt.Sprintf("%q", "${APP_POOL:"+pool+"}")
	}
	return fmt.Sprintf("dsn: postgres://db\npool: %s\ntimeout: 2s\n", pool)
}
