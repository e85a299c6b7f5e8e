package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// child is the process of one client under test.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	said  tail
	gone  chan struct{} // closed when it has ended
	err   error         // why it ended; to be read after gone
}

// startChild starts a client. Each note is handed over, at once, from one goroutine.
func startChild(ctx context.Context, j job, to func(note)) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	c := &child{gone: make(chan struct{})}
	c.cmd = exec.CommandContext(context.WithoutCancel(ctx), self, listenCommand, string(text))
	c.cmd.Stderr = &c.said
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.stdin = stdin
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(c.gone)
		strange := readNotes(out, to)
		c.err = c.cmd.Wait()
		if c.err == nil {
			c.err = strange
		}
	}()
	return c, nil
}

// stop ends the process, by force if it does not end by itself: Close of the SDK may block forever.
func (c *child) stop() {
	_ = c.stdin.Close()
	select {
	case <-c.gone:
	case <-time.After(10 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.gone
	}
}

// failure returns why the process ended early.
func (c *child) failure() error {
	return fmt.Errorf("the client ended: %w; it said: %s", c.err, c.said.text())
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const tailSize = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - tailSize; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) == 0 {
		return "nothing"
	}
	return strings.TrimSpace(string(t.kept))
}
