package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// service is a service that runs in a process of its own.
type service struct {
	in      io.WriteCloser
	lines   chan string // closed when the process ends
	end     func()
	started settings
	refused string // why it did not start
}

// Environment variables that carry the job to the process of a service.
const (
	envLibrary = "COMPARISON_LIBRARY"
	envJob     = "COMPARISON_JOB"
	envPanics  = "COMPARISON_PANICS"
)

// launch starts the service of a library and waits until it serves or refuses to.
func launch(ctx context.Context, l library, j job, extra ...string) (*service, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, self)
	cmd.Dir = j.Dir
	cmd.Env = append(os.Environ(), envLibrary+"="+l.name, envJob+"="+string(text),
		"HOME="+j.Dir, "XDG_CACHE_HOME="+filepath.Join(j.Dir, "cache-home"))
	cmd.Env = append(cmd.Env, extra...)
	in, err := cmd.StdinPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	s := &service{in: in, lines: make(chan string, 1000)}
	go func() {
		defer close(s.lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			s.lines <- scan.Text()
		}
		_ = cmd.Wait() // that it ended is what counts
	}()
	s.end = func() {
		cancel()
		for range s.lines { //nolint:revive // until the process has ended
		}
	}
	for line := range s.lines {
		what, rest, _ := strings.Cut(line, " ")
		switch what {
		case saysStarted:
			return s, json.Unmarshal([]byte(rest), &s.started)
		case saysRefused:
			return s, json.Unmarshal([]byte(rest), &s.refused)
		}
	}
	s.refused = "the process ended"
	return s, nil
}

// now asks the service for its settings. alive is false if its process has ended.
func (s *service) now() (got settings, alive bool) {
	if _, err := fmt.Fprintln(s.in, "?"); err != nil {
		return settings{}, false
	}
	for {
		select {
		case line, ok := <-s.lines:
			if !ok {
				return settings{}, false
			}
			if what, rest, _ := strings.Cut(line, " "); what == saysNow {
				return got, json.Unmarshal([]byte(rest), &got) == nil
			}
		case <-time.After(10 * time.Second):
			return settings{}, false
		}
	}
}

// until asks the service again and again until what it uses is as wanted, and gives up after the
// longest time that any of the libraries needs.
func (s *service) until(wanted func(settings) bool) (got settings, alive bool) {
	for deadline := time.Now().Add(settle); ; time.Sleep(20 * time.Millisecond) {
		got, alive = s.now()
		if !alive || wanted(got) || time.Now().After(deadline) {
			return got, alive
		}
	}
}

// settle is how long a change may take. The slowest library for files takes 0.2 s.
const settle = 3 * time.Second
