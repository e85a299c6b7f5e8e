package file_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/file"
)

var modes = []string{file.AsIs, file.Events, file.Windows}

// settle makes the window longer than the pauses that a busy machine puts into os.WriteFile, where
// nothing but the window keeps half a file back.
func settle(mode string) file.Option {
	if mode == file.Windows {
		return file.SettleTime(200 * time.Millisecond)
	}
	return nil
}

// TestEveryKindOfChangeIsDeliveredOnceAndWhole makes 60 changes of each kind that configuration
// files see, 8 in a reduced run, awaits each, and counts: all of them, one content each, none torn.
func TestEveryKindOfChangeIsDeliveredOnceAndWhole(t *testing.T) {
	t.Parallel()
	inPlace := func(t *testing.T) (string, func(int) error) {
		path := filepath.Join(t.TempDir(), "app.yaml")
		return path, func(v int) error { return os.WriteFile(path, body(v), 0o600) }
	}
	over := func(t *testing.T) (string, func(int) error) {
		path := filepath.Join(t.TempDir(), "app.yaml")
		return path, func(v int) error { return replace(path, body(v)) }
	}
	swap := func(remove bool) func(t *testing.T) (string, func(int) error) {
		return func(t *testing.T) (string, func(int) error) {
			m := newMount(t, "app.yaml")
			return filepath.Join(m.dir, "app.yaml"), func(v int) error { return m.swap(v, remove) }
		}
	}
	kinds := map[string]func(t *testing.T) (string, func(int) error){
		"os.WriteFile":                    inPlace,
		"rename over":                     over,
		"..data swap, old folder removed": swap(true),
		"..data swap, old folder kept":    swap(false),
	}
	trials := map[string]func() error{}
	for _, mode := range modes {
		for kind, prepare := range kinds {
			path, change := prepare(t)
			must(t, change(0))
			window, limit := settle(mode), bound
			if mode == file.AsIs && exact(path) {
				// Half of the changes must come without a settle window, which is so long here that
				// a busy machine is not taken for one.
				window, limit = file.SettleTime(5*file.DefaultSettleTime), 5*file.DefaultSettleTime/2
			}
			r := newReader(t, file.NewSource(path, window).Force(mode))
			trials[mode+", "+kind] = func() error { return eachOnce(t, mode+", "+kind, r, change, limit) }
		}
	}
	together(t, trials)
}

func eachOnce(t *testing.T, name string, r *reader, change func(int) error, limit time.Duration) error {
	changes := testrun.Count(60, 8)
	var took []time.Duration
	for v := 0; v <= changes; v++ {
		begin := time.Now()
		if v > 0 {
			if err := change(v); err != nil {
				return err
			}
		}
		c, err := r.next(bound)
		if err != nil {
			return fmt.Errorf("after change %d of %d: %w", v, changes, err)
		}
		got, err := wholeVersion(c)
		if err != nil {
			return fmt.Errorf("after change %d of %d: %w", v, changes, err)
		}
		if got != v {
			return fmt.Errorf("after change %d of %d the next content is version %d", v, changes, got)
		}
		took = append(took, time.Since(begin))
		time.Sleep(15 * time.Millisecond) // as in the measurements of the peers
	}
	if c, err := r.next(quiet); !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("a change was told twice: %s, %w", show(c), err)
	}
	if err := r.s.Watching(); err != nil {
		return fmt.Errorf("this machine cannot show it: %w", err)
	}
	slices.Sort(took)
	p50, p95 := took[changes/2], took[changes*95/100]
	if p50 > limit {
		return fmt.Errorf("half of the changes took more than %v, want at most %v", p50, limit)
	}
	t.Logf("%s: %d of %d, p50 %v, p95 %v", name, changes, changes, p50.Round(time.Microsecond), p95.Round(time.Microsecond))
	return nil
}

// TestDeletedAndCreatedIsSeenWithin250ms measures from the return of the create to the return of
// Next. It runs alone: the others would take the processors from it. A reduced run awaits the
// content and does not measure.
func TestDeletedAndCreatedIsSeenWithin250ms(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "app.yaml")
			write(t, path, body(0))
			r := newReader(t, file.NewSource(path).Force(mode))
			r.version(t)
			creates := testrun.Count(6, 2)
			for v := 1; v <= creates; v++ {
				must(t, os.Remove(path))
				time.Sleep(100 * time.Millisecond) // the change that is measured: delete, 100 ms, create
				write(t, path, body(v))
				created := time.Now()
				var st state
				for st = range r.states {
					if st.err != nil || !st.content.Documents[0].Absent {
						break
					}
				}
				if st.err != nil {
					t.Fatalf("after create %d of %d: %v", v, creates, st.err)
				}
				if got, err := wholeVersion(st.content); err != nil || got != v {
					t.Fatalf("after create %d of %d: version %d, %v", v, creates, got, err)
				}
				if took := st.at.Sub(created); testrun.Full() && took > 250*time.Millisecond {
					t.Errorf("create %d of %d was seen after %v, want within 250 ms", v, creates, took)
				}
			}
		})
	}
}

// TestTheLastOf200ChangesInASecondIsThere makes 200 changes, each kind and gap in 20 runs, under a
// reader that is always in Next: the last version must arrive, none torn, and never more contents
// than changes. A reduced run has 2 of the 20.
func TestTheLastOf200ChangesInASecondIsThere(t *testing.T) {
	t.Parallel()
	const changes = 200
	kinds := map[string]func(path string, v int) error{
		"os.WriteFile": func(path string, v int) error { return os.WriteFile(path, body(v), 0o600) },
		"rename over":  func(path string, v int) error { return replace(path, body(v)) },
	}
	gaps := map[string]time.Duration{"5 ms apart": 5 * time.Millisecond, "back to back": 0}
	for _, mode := range modes {
		runs := testrun.Count(20, 2)
		if mode != file.AsIs {
			runs = testrun.Count(5, 1) // the code is the same but for the windows
		}
		trials := map[string]func() error{}
		for kind, change := range kinds {
			for gapName, gap := range gaps {
				for run := 1; run <= runs; run++ {
					path := filepath.Join(t.TempDir(), "app.yaml")
					write(t, path, body(0))
					trials[fmt.Sprintf("%s, %s, %s, run %d of %d", mode, kind, gapName, run, runs)] = func() error {
						r := newReader(t, file.NewSource(path, settle(mode)).Force(mode))
						return burst(r, changes, gap, func(v int) error { return change(path, v) })
					}
				}
			}
		}
		together(t, trials)
	}
}
