package nacre_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/providers/memory"
)

// An absent document is logged once an absence, is shown by Health, and causes no version,
// whichever source has it.
func TestAnAbsentDocumentIsLoggedOnceShownAndNoCause(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("app.yaml", "port: 1\n")
	removed := memory.New("removed.yaml", nil)
	removed.Remove()
	quick := file.PollInterval(10 * time.Millisecond)
	var log bytes.Buffer
	applied := make(chan observe.Event, 100)
	kept := make(chan observe.Event, 100)
	cfg, err := nacre.OpenWith[struct {
		Port int    `config:"port" default:"80"`
		Name string `config:"name"`
	}](t.Context(), nacre.Options{
		LastKnownGoodDisabled: true, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Observers: on(handlers{
			observe.Applied:        func(e observe.Event) { applied <- e },
			observe.DocumentAbsent: func(e observe.Event) { kept <- e },
		}),
	},
		file.New(filepath.Join(dir, "app.yaml"), file.WithFile(filepath.Join(dir, "local.yaml")), file.WithDir(filepath.Join(dir, "conf.d")), quick),
		nacre.Layer(file.New(filepath.Join(dir, "none.yaml")), nacre.AbsentOK(), nacre.WithName("optional")),
		nacre.Layer(removed, nacre.AbsentOK()))
	if err != nil {
		t.Fatal(err)
	}
	defer cfg.Close()
	expect := func(cause string, absent []string) {
		t.Helper()
		e := <-applied
		if len(e.Causes) != 1 || filepath.Base(e.Causes[0].Document) != cause {
			t.Errorf("version %d has the causes %v, want %s alone", e.Version, e.Causes, cause)
		}
		for i, l := range cfg.Health().Layers {
			for j, name := range l.Absent {
				l.Absent[j] = filepath.Base(name)
			}
			want := [][]string{absent, {"none.yaml"}, {"removed.yaml"}}[i]
			if !slices.Equal(l.Absent, want) {
				t.Errorf("version %d: Health shows %q of layer %s as absent, want %q", e.Version, l.Absent, l.Name, want)
			}
		}
	}
	expect("app.yaml", []string{"local.yaml", "conf.d"})
	put("local.yaml", "name: x\n")
	expect("local.yaml", []string{"conf.d"})
	if err := os.Remove(filepath.Join(dir, "local.yaml")); err != nil {
		t.Fatal(err)
	}
	<-kept
	put("app.yaml", "port: 2\n")
	expect("app.yaml", []string{"local.yaml", "conf.d"})
	if err := cfg.Close(); err != nil { // from here on nothing is logged
		t.Fatal(err)
	}
	for _, name := range []string{"local.yaml", "conf.d", "none.yaml", "removed.yaml"} {
		lines := strings.Count(log.String(), "document is absent, none of its content is in use")
		told := 0
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, "document is absent") && strings.Contains(line, name) {
				told++
			}
		}
		if told != 1 || lines != 4 {
			t.Errorf("the log tells %d times that %s is absent, and %d times of any document, want 1 and 4:\n%s", told, name, lines, log.String())
		}
	}
	if !strings.Contains(log.String(), fmt.Sprintf("location=%s", filepath.Join(dir, "none.yaml"))) {
		t.Errorf("the log does not tell where the file was looked for:\n%s", log.String())
	}
	if n := strings.Count(log.String(), "document is gone, its last content stays"); n != 1 {
		t.Errorf("the log tells %d times of the file that was removed, want once:\n%s", n, log.String())
	}
}
