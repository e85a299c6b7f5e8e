package check

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
)

// Program is a program with nacre.CheckMain.
type Program struct {
	Path string
	Args []string
	Dir  string   // where it runs; empty: the working directory of the process
	Env  []string // its environment; nil: that of the process
}

// maxOutput is the limit of what is read of a program, and of each of its streams.
const maxOutput = 64 << 20

// Check runs the program once, and ends it when ctx ends.
func (p Program) Check(ctx context.Context, r Request) (Report, error) {
	r.SchemaVersion = schemaVersion
	in, err := json.Marshal(r)
	if err != nil {
		return Report{}, err
	}
	cmd := exec.CommandContext(ctx, p.Path, append(p.Args[:len(p.Args):len(p.Args)], "-stdin")...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = p.Dir, p.Env, 5*time.Second
	out, errs := &limited{}, &limited{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), out, errs
	err = cmd.Run()
	if ctx.Err() != nil {
		return Report{}, ctx.Err()
	}
	// The exit code tells a person whether documents are invalid; the report tells it in detail.
	var report Report
	if status, ok := errors.AsType[*exec.ExitError](err); err == nil || ok && status.ExitCode() == int(exit.Invalid) {
		if e := json.Unmarshal(out.Bytes(), &report); e == nil && report.SchemaVersion == schemaVersion && len(report.Checks) == len(r.Checks) {
			return report, nil
		}
		err = errors.New("its output is not a report")
	}
	if text := lastLines(errs.String(), 5); text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return Report{}, exit.With(exit.Usage, fmt.Errorf("run the validator %s: %w", p.Path, err),
		"its main function must be nacre.CheckMain, of a version that this command knows")
}

// limited is a buffer that keeps the first bytes only.
type limited struct{ bytes.Buffer }

// Write takes all, and keeps what fits.
func (l *limited) Write(b []byte) (int, error) {
	l.Buffer.Write(b[:min(len(b), maxOutput-l.Len())])
	return len(b), nil
}

// lastLines returns the end of a text, on one line.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(strings.Join(lines[max(0, len(lines)-n):], "; "))
}
