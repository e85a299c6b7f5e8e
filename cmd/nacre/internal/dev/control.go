package dev

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// reply is the answer to a command on the socket.
type reply struct {
	Error string `json:"error,omitempty"`
}

// Socket returns the path of the socket of the server with that port. Its folder is for one user.
func Socket(cache string, port int) string {
	return filepath.Join(cache, "nacre", fmt.Sprintf("dev-%d.sock", port))
}

// Listen listens on a socket. One that a server has left behind is replaced.
func Listen(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: time.Second}
	if c, err := d.DialContext(context.Background(), "unix", path); err == nil {
		c.Close()
		return nil, fmt.Errorf("socket %s is in use by another nacre dev", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	return l, err
}

// Serve applies the faults that come over the socket until it is closed.
func Serve(l net.Listener, s Server, report func(fault string, err error)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		serve(c, s, report)
	}
}

func serve(c net.Conn, s Server, report func(fault string, err error)) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second)) // a connection that ignores it is closed with the process
	line, err := bufio.NewReader(io.LimitReader(c, 1<<10)).ReadString('\n')
	if err != nil {
		return
	}
	err = Apply(s, strings.Fields(line))
	var r reply
	if err != nil {
		r.Error = err.Error()
	}
	report(strings.TrimSpace(line), err)
	_ = json.NewEncoder(c).Encode(r) // the caller that is gone needs no answer
}

// ErrNoServer says that no server of this package listens on a socket.
var ErrNoServer = errors.New("nacre dev does not run on port")

// Send sends a fault to the server of a socket.
func Send(ctx context.Context, path string, words []string) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return ErrNoServer
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(c, strings.Join(words, " ")+"\n"); err != nil {
		return err
	}
	var r reply
	if err := json.NewDecoder(c).Decode(&r); err != nil {
		return err
	}
	if r.Error != "" {
		return errors.New(r.Error)
	}
	return nil
}
