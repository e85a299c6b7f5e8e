package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// envFolders is where the launcher says which server is this command's own, to be killed and
// started again.
const envFolders = "NACRE_NACOS_FOLDERS"

// away is how long the server is gone: long enough for back-offs to grow.
const away = 20 * time.Second

// recoveryConfigs is how many configs change when the server is back.
const recoveryConfigs = 10

// own is the folder of the server and the launcher that started it; without a launcher, another
// process owns the server.
func (s *server) own() (script, folder string, err error) {
	folder = os.Getenv(envFolders)
	if s.kind == inProcess || folder == "" || strings.Contains(folder, ",") {
		return "", "", errors.New("the server is not this command's own")
	}
	script, err = findUp(launcher)
	return script, folder, err
}

// restart kills the server, starts it again after a while, and returns when it serves, with a
// client that publishes and has known no trouble.
func (b *bench) restart(ctx context.Context, proc *child) error {
	script, folder, err := b.server.own()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(folder, "process"))
	if err != nil {
		return err
	}
	number, _, _ := strings.Cut(string(text), " ")
	pid, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("the server's process: %w", err)
	}
	server, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if err := server.Kill(); err != nil {
		return err
	}
	if err := wait(ctx, proc, nil, away); !errors.Is(err, errLate) {
		return err
	}
	if out, err := exec.CommandContext(ctx, "bash", script, "again", folder).CombinedOutput(); err != nil {
		return fmt.Errorf("the server does not start again: %w: %s", err, out)
	}
	writer, err := dial(ctx, b.server.addr, b.opts.user, b.opts.pass, "push-writer")
	if err != nil {
		return err
	}
	before := b.server.writer
	b.server.writer = writer
	b.server.end = append(b.server.end, func() { _ = writer.Close() })
	_ = before.Close()
	ready, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return writer.WaitReady(ready)
}
