package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that runs.
type process struct {
	name, log string
	cmd       *exec.Cmd
	ended     chan struct{}
	stopping  bool
}

// start starts a program, whose output goes to a file in dir. The kernel kills it when the thread
// that calls start ends, so start is called from the locked goroutine of main.
func start(dir, name, path string, args ...string) (*process, error) {
	p := &process{name: name, log: filepath.Join(dir, name+".log"), ended: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p.cmd = exec.Command(path, args...) //nolint:noctx // it runs beyond this call; stop and kill end it
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// err returns an error if the program has ended by itself.
func (p *process) err() error {
	select {
	case <-p.ended:
		if !p.stopping {
			return fmt.Errorf("%s has ended (%s)", p.name, p.cmd.ProcessState)
		}
	default:
	}
	return nil
}

// stop ends the program, and waits for that.
func (p *process) stop() error {
	if p == nil {
		return nil
	}
	p.stopping = true
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.NewTimer(15 * time.Second)
	defer timer.Stop()
	select {
	case <-p.ended:
		return nil
	case <-timer.C:
	}
	_ = p.cmd.Process.Kill()
	<-p.ended
	return fmt.Errorf("%s has not ended within 15 s of SIGTERM", p.name)
}

// tail returns the last lines of the program's output.
func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(bytes.TrimSpace(text)), "\n")
	return "    " + strings.Join(lines[max(0, len(lines)-12):], "\n    ")
}

// freeAddr returns an address that nothing listens on. It is below the ports from which the system
// chooses for connections, so that it stays free while an instance restarts.
func freeAddr(ctx context.Context) (string, error) {
	var err error
	for range 100 {
		addr := "127.0.0.1:" + strconv.Itoa(20000+rand.N(10000))
		var l net.Listener
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", addr); err == nil {
			return addr, l.Close()
		}
	}
	return "", err
}
