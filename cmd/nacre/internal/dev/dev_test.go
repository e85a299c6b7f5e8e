package dev_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/cmd/nacre/internal/dev"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// publisher notes what is published.
type publisher struct {
	calls []string
	fail  bool
}

func (p *publisher) Put(namespace, group, dataID, content string) error {
	if p.fail {
		return errors.New("refused")
	}
	p.calls = append(p.calls, fmt.Sprintf("put %s/%s/%s=%s", namespace, group, dataID, content))
	return nil
}

func (p *publisher) Delete(namespace, group, dataID string) {
	p.calls = append(p.calls, fmt.Sprintf("delete %s/%s/%s", namespace, group, dataID))
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSync(t *testing.T) {
	t.Parallel()
	dir, p := t.TempDir(), &publisher{}
	var reports []string
	s := &dev.Sync{Dir: dir, Namespace: "n", Server: p, Report: func(what, name string, err error) {
		reports = append(reports, fmt.Sprintf("%s %s %v", what, name, err))
	}}
	look := func(want ...string) {
		t.Helper()
		p.calls = nil
		if err := s.Once(); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.calls, want) {
			t.Errorf("the look publishes %q, want %q", p.calls, want)
		}
	}
	write(t, dir, "a.yaml", "1")
	write(t, dir, "payments/b%3Ac", "2")
	for _, ignored := range []string{".git/x", ".hidden", "a.yaml~", "payments/.x.swp", "nacre-export.yaml", "payments/deeper/d", "payments/x.swp"} {
		write(t, dir, ignored, "no")
	}
	write(t, dir, "large", strings.Repeat("x", 11<<20))
	look("put n/DEFAULT_GROUP/a.yaml=1", "put n/payments/b:c=2")
	look()
	for _, name := range []string{".git", ".hidden", "a.yaml~", "payments/.x.swp", "nacre-export.yaml", "payments/deeper", "payments/x.swp", "large"} {
		if n := strings.Count(strings.Join(reports, "\n")+"\n", "ignored "+name+" "); n != 1 {
			t.Errorf("%s is reported %d times as ignored, want once: %q", name, n, reports)
		}
	}
	write(t, dir, "a.yaml", "half")
	look() // it may still be written
	write(t, dir, "a.yaml", "half and half")
	look()
	look("put n/DEFAULT_GROUP/a.yaml=half and half")
	look()
	if err := os.Remove(filepath.Join(dir, "payments/b%3Ac")); err != nil {
		t.Fatal(err)
	}
	look() // an editor may be replacing it
	look("delete n/payments/b:c")
	look()

	// A refusal is reported once, and the file is tried again.
	p.fail = true
	reports = nil
	write(t, dir, "a.yaml", "3")
	for range 4 {
		look()
	}
	if !slices.Equal(reports, []string{"failed a.yaml refused"}) {
		t.Errorf("the reports are %q, want the failure once", reports)
	}
	p.fail = false
	look("put n/DEFAULT_GROUP/a.yaml=3")
	write(t, dir, "a.yaml", "\xff")
	look()
	look()
	if last := reports[len(reports)-1]; !strings.Contains(last, "not UTF-8") {
		t.Errorf("a file that is not UTF-8: %q", last)
	}
}

// A folder that is gone, as while git checks out, does not end the server.
func TestTheFolderIsReplaced(t *testing.T) {
	t.Parallel()
	dir, p, failures := filepath.Join(t.TempDir(), "d"), &publisher{}, 0
	s := &dev.Sync{Dir: dir, Server: p, Report: func(what, _ string, _ error) {
		if what == "failed" {
			failures++
		}
	}}
	if err := s.Once(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that has never existed: %v", err)
	}
	s = &dev.Sync{Dir: dir, Server: p, Report: s.Report}
	write(t, dir, "a.yaml", "1")
	for _, change := range []func() error{func() error { return nil }, func() error { return os.RemoveAll(dir) }, func() error { write(t, dir, "a.yaml", "2"); return nil }} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := s.Once(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := []string{"put /DEFAULT_GROUP/a.yaml=1", "put /DEFAULT_GROUP/a.yaml=2"}; !slices.Equal(p.calls, want) || failures != 1 {
		t.Errorf("published are %q with %d failures, want %q with one", p.calls, failures, want)
	}
}

// Each way in which editors save a file is one change of its config, and what they write beside it
// is none, however often the folder is looked at meanwhile.
func TestSaves(t *testing.T) {
	t.Parallel()
	const name = "payments/a.yaml"
	beside := func(file string) string { return "payments/" + file }
	for editor, save := range map[string][]string{ // what is written; a -> b renames, and a - removes
		"in place":         {name},
		"write and rename": {beside("a.yaml.tmp"), beside("a.yaml.tmp") + " -> " + name},
		"vim":              {beside(".a.yaml.swp"), beside("4913"), beside("4913") + " -", name + " -> " + beside("a.yaml~"), name, beside("a.yaml~") + " -"},
		"vim, by copy":     {beside(".a.yaml.swp"), beside("a.yaml~"), name, beside("a.yaml~") + " -", beside(".a.yaml.swp") + " -"},
		"emacs":            {beside(".#a.yaml"), beside("#a.yaml#"), name + " -> " + beside("a.yaml~"), name, beside("#a.yaml#") + " -", beside(".#a.yaml") + " -"},
		"JetBrains":        {beside("a.yaml___jb_tmp___"), name + " -> " + beside("a.yaml___jb_old___"), beside("a.yaml___jb_tmp___") + " -> " + name, beside("a.yaml___jb_old___") + " -"},
		"VS Code":          {beside("a.yaml.vsctmp"), beside("a.yaml.vsctmp") + " -> " + name},
		"kate":             {beside(".a.yaml.kate-swp"), beside("a.yaml.qXbT2f"), beside("a.yaml.qXbT2f") + " -> " + name},
		"GNOME":            {beside(".goutputstream-9X8Y7Z"), beside(".goutputstream-9X8Y7Z") + " -> " + name},
		"sed -i":           {beside("sedk3Xq1v"), beside("sedk3Xq1v") + " -> " + name},
	} {
		t.Run(editor, func(t *testing.T) {
			t.Parallel()
			dir, p := t.TempDir(), &publisher{}
			s := &dev.Sync{Dir: dir, Server: p, Report: func(string, string, error) {}}
			once := func() {
				t.Helper()
				if err := s.Once(); err != nil {
					t.Fatal(err)
				}
			}
			write(t, dir, name, "1")
			once()
			p.calls = nil
			for _, step := range save {
				file, target, renamed := strings.Cut(step, " -> ")
				removed, isRemoved := strings.CutSuffix(step, " -")
				var err error
				switch {
				case renamed:
					err = os.Rename(filepath.Join(dir, file), filepath.Join(dir, target))
				case isRemoved:
					err = os.Remove(filepath.Join(dir, removed))
				default:
					write(t, dir, step, "2")
				}
				if err != nil {
					t.Fatal(err)
				}
				once()
			}
			for range 3 {
				once()
			}
			if want := []string{"put /payments/a.yaml=2"}; !slices.Equal(p.calls, want) {
				t.Errorf("a save publishes %q, want %q", p.calls, want)
			}
		})
	}
}

// faulty notes the faults.
type faulty struct{ calls []string }

func (f *faulty) note(format string, args ...any) {
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}
func (f *faulty) ClearFaults()                { f.note("clear") }
func (f *faulty) CorruptReads(n int)          { f.note("corrupt %d", n) }
func (f *faulty) Disconnect()                 { f.note("disconnect") }
func (f *faulty) DropPushes(n int)            { f.note("drop %d", n) }
func (f *faulty) ExpireTokens()               { f.note("expire") }
func (f *faulty) FailRequests(n, code int)    { f.note("fail %d %d", n, code) }
func (f *faulty) Stall(on bool)               { f.note("stall %v", on) }
func (f *faulty) Stop()                       { f.note("stop") }
func (f *faulty) Start(context.Context) error { return errors.New("no port") }

func TestApply(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"drop-pushes 3": "drop 3", "drop-pushes": "drop -1", "fail-requests": "fail -1 500", "fail-requests 2 403": "fail 2 403",
		"corrupt-reads 1": "corrupt 1", "stall": "stall true", "disconnect": "disconnect", "expire-tokens": "expire", "stop": "stop",
		"clear": "stall false clear", "start": "no port", "": "no name", "explode": "unknown; use one of drop-pushes", "stop 1": "at most 0 arguments",
		"drop-pushes many": "not a count", "drop-pushes -1": "not a count",
	} {
		f := &faulty{}
		err := dev.Apply(f, strings.Fields(line))
		got := strings.Join(f.calls, " ")
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("fault %q: %s, want %s", line, got, want)
		}
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "n") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := dev.Socket(dir, 8848)
	if err := dev.Send(t.Context(), socket, []string{"stop"}); !errors.Is(err, dev.ErrNoServer) {
		t.Errorf("without a server: %v", err)
	}
	l, err := dev.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	f, ended := &faulty{}, make(chan struct{})
	go func() {
		defer close(ended)
		dev.Serve(l, f, func(string, error) {})
	}()
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("other users can reach the socket: %v, error %v", info.Mode(), err)
	}
	if err := dev.Send(t.Context(), socket, []string{"drop-pushes", "2"}); err != nil {
		t.Error(err)
	}
	if err := dev.Send(t.Context(), socket, []string{"explode"}); err == nil || !strings.Contains(err.Error(), "unknown") {
		t.Errorf("an unknown fault: %v", err)
	}
	if _, err := dev.Listen(socket); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second server takes the socket: %v", err)
	}
	l.Close()
	<-ended
	if !slices.Equal(f.calls, []string{"drop 2"}) {
		t.Errorf("the faults are %q", f.calls)
	}
}
