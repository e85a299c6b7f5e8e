package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// story makes things happen to a service and prints the results.
type story struct {
	out   io.Writer
	began time.Time
	mu    sync.Mutex // for out

	dir    string // where config.yaml is; the working directory during the story
	home   string // the working directory before
	server *nacostest.Server
	*service
}

const (
	orders = "orders.yaml"
	limits = "limits.yaml"
	dsn    = "postgres://orders:s3cret@db/orders"
)

func newStory(out io.Writer) (*story, error) {
	dir, err := os.MkdirTemp("", "nacre-quickstart-")
	if err != nil {
		return nil, err
	}
	s := &story{out: out, began: time.Now(), dir: dir}
	if s.home, err = os.Getwd(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := os.Chdir(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if s.server, err = nacostest.Start(nacostest.Options{}); err != nil {
		return nil, errors.Join(err, os.Chdir(s.home), os.RemoveAll(dir))
	}
	return s, nil
}

// end stops everything that runs.
func (s *story) end() error {
	var err error
	if s.service != nil {
		err = s.service.stop()
	}
	s.server.Close()
	return errors.Join(err, os.Chdir(s.home), os.RemoveAll(s.dir))
}

func (s *story) chapter(title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, "\n%s\n", title)
}

// say writes a line with the time since the start; further lines of it are indented.
func (s *story) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := strings.ReplaceAll(strings.TrimSpace(fmt.Sprintf(format, args...)), "\n", "\n            ")
	fmt.Fprintf(s.out, "  %7.3fs  %s\n", time.Since(s.began).Seconds(), text)
}

func (s *story) publish(dataID, content string) error {
	shown := strings.ReplaceAll(strings.TrimSpace(content), dsn, "…")
	s.say("publish %s: %s", dataID, strings.ReplaceAll(shown, "\n", " ⏎ "))
	return s.server.Publish("", "DEFAULT_GROUP", dataID, content)
}

// until waits until a condition on the health holds.
func (s *story) until(ctx context.Context, what string, holds func(observe.Health) bool) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds(s.cfg.Health()) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w", what, ctx.Err())
		}
	}
	return nil
}

func (s *story) version(ctx context.Context, version int64) error {
	return s.until(ctx, fmt.Sprintf("version %d is live", version), func(h observe.Health) bool { return h.Version >= version })
}

// ask sends a request to the service.
func (s *story) ask(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	s.say("GET / → %s", body)
	return nil
}

func (s *story) startService(ctx context.Context) (err error) {
	s.service, err = start(ctx, "config.yaml", s.server.Addr(), "state")
	return err
}
