package file_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/providers/file"
	"github.com/nacre-go/nacre/source"
)

// halves are the places at which a writer pauses: after nothing, at a line's end, inside a number
// (10002 as 10), inside a quoted text.
var halves = map[string]func(data []byte) int{
	"empty":           func([]byte) int { return 0 },
	"cut at a line":   func(b []byte) int { return bytes.Index(b, []byte("key100")) },
	"cut in a number": func(b []byte) int { return bytes.Index(b, []byte("port: ")) + len("port: 10") },
	"cut in a quote":  func(b []byte) int { return bytes.Index(b, []byte("name: \"")) + len("name: \"or") },
}

// pausing writes data to path in two parts; the second comes, and the file is closed, when finish
// is called.
func pausing(t *testing.T, path string, data []byte, cut int) (finish func()) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	_, err = f.Write(data[:cut])
	must(t, err)
	return func() {
		_, err := f.Write(data[cut:])
		must(t, err)
		must(t, f.Close())
	}
}

// exactOnly skips a test of what only read leases can promise.
func exactOnly(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "probe")
	write(t, path, nil)
	if !exact(path) {
		t.Skip("needs read leases, as Linux has them on local file systems; elsewhere the settle window is all there is")
	}
}

func linuxOnly(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs inotify")
	}
}

func TestHalfAWriteIsNeverDelivered(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		for half, cut := range halves {
			t.Run(mode+"/"+half, func(t *testing.T) {
				t.Parallel()
				switch mode {
				case file.AsIs:
					exactOnly(t)
				case file.Events:
					linuxOnly(t)
				}
				// Where only the window protects, it has to be longer than the pause: that is all
				// it promises.
				window, last := file.SettleTime(20*time.Millisecond), 4
				if mode == file.Windows {
					window, last = file.SettleTime(4*quiet), 2
				}
				path := filepath.Join(t.TempDir(), "app.yaml")
				write(t, path, body(1))
				r := newReader(t, file.NewSource(path, window).Force(mode))
				if v := r.version(t); v != 1 {
					t.Fatalf("first content is version %d", v)
				}
				for v := 2; v <= last; v++ {
					finish := pausing(t, path, body(v), cut(body(v)))
					r.nothing(t, "the file is half written, "+half)
					finish()
					if got := r.version(t); got != v {
						t.Fatalf("the whole content is version %d, want %d", got, v)
					}
				}
			})
		}
	}
}

func TestHalfAWriteIsNotTheFirstContent(t *testing.T) {
	t.Parallel()
	exactOnly(t)
	for half, cut := range halves {
		t.Run(half, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "app.yaml")
			finish := pausing(t, path, body(1), cut(body(1)))
			// So old that nothing but the open file tells: no event came, no window is running.
			long := time.Now().Add(-time.Hour)
			must(t, os.Chtimes(path, long, long))
			r := newReader(t, file.NewSource(path, file.SettleTime(time.Millisecond)))
			r.nothing(t, "the file was half written before the source came, "+half)
			finish()
			if got := r.version(t); got != 1 {
				t.Fatalf("the whole content is version %d, want 1", got)
			}
		})
	}
}

func TestAFileIsHeldBackUntilItsLastWriterIsDone(t *testing.T) {
	t.Parallel()
	exactOnly(t)
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, body(1))
	r := newReader(t, file.NewSource(path))
	r.version(t)
	first := pausing(t, path, body(2), 10)
	second := pausing(t, path, body(3), 10)
	first()
	r.nothing(t, "one of two writers is done")
	second()
	if got := r.version(t); got != 3 {
		t.Fatalf("content is version %d, want that of the last writer, 3", got)
	}
}

func TestAFileThatIsRenamedBeforeItIsClosedIsHeldBack(t *testing.T) {
	t.Parallel()
	exactOnly(t)
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, body(1))
	r := newReader(t, file.NewSource(path))
	r.version(t)
	finish := pausing(t, path+".new", body(2), 100)
	must(t, os.Rename(path+".new", path))
	r.nothing(t, "the file that was renamed over is half written")
	finish()
	if got := r.version(t); got != 2 {
		t.Fatalf("content is version %d, want 2", got)
	}
}

func TestAWriterThatNeverClosesIsReportedAndNotDelivered(t *testing.T) {
	t.Parallel()
	exactOnly(t)
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, body(1))
	r := newReader(t, file.NewSource(path, file.WriteTimeout(50*time.Millisecond)))
	r.version(t)
	finish := pausing(t, path, body(2), 100)
	r.fails(t, source.Unavailable)
	r.nothing(t, "the same error twice wakes nobody")
	finish()
	if got := r.version(t); got != 2 {
		t.Fatalf("content is version %d, want 2", got)
	}
	finish = pausing(t, path, body(2), 100)
	r.fails(t, source.Unavailable)
	finish()
	if got := r.version(t); got != 2 {
		t.Fatalf("the end of the error brings version %d, want 2 once more", got)
	}
}

func TestAnAppenderKeepsNobodyBusy(t *testing.T) {
	t.Parallel()
	exactOnly(t)
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, []byte("a: 1\n"))
	r := newReader(t, file.NewSource(path))
	r.data(t)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	for range 1000 {
		_, err = f.WriteString("# one more line\n")
		must(t, err)
	}
	r.nothing(t, "the appender has yet to close the file")
	must(t, f.Close())
	if got := len(r.data(t)); got != 5+1000*16 {
		t.Fatalf("content has %d bytes", got)
	}
}

func TestWritesWithoutAnOpenFileAreSeen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, []byte("a: 1\nb: 2\nc: 3\n"))
	r := newReader(t, file.NewSource(path, file.PollInterval(time.Hour)))
	r.data(t)
	for _, size := range []int64{10, 5} { // no close follows
		must(t, os.Truncate(path, size))
		if got := len(r.data(t)); int64(got) != size {
			t.Fatalf("content has %d bytes, want %d", got, size)
		}
	}
}

// TestEmptyAndGoneAreWaitedFor: tools that truncate and open once more, or delete and create, are
// not torn by a close.
func TestEmptyAndGoneAreWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.yaml")
	write(t, path, body(1))
	r := newReader(t, file.NewSource(path, file.SettleTime(4*quiet)))
	r.version(t)
	write(t, path, nil)
	r.nothing(t, "the file has just been emptied")
	write(t, path, body(2))
	if got := r.version(t); got != 2 {
		t.Fatalf("content is version %d, want 2", got)
	}
	must(t, os.Remove(path))
	r.nothing(t, "the file has just been deleted")
	write(t, path, body(3))
	if got := r.version(t); got != 3 {
		t.Fatalf("content is version %d, want 3", got)
	}
	write(t, path, nil)
	if c := r.content(t); c.Documents[0].Absent || len(c.Documents[0].Data) != 0 {
		t.Fatalf("content is %s, want an empty document", show(c))
	}
	must(t, os.Remove(path))
	if c := r.content(t); !c.Documents[0].Absent {
		t.Fatalf("content is %s, want an absent document", show(c))
	}
}

// TestAHammerTearsNothing writes as fast as it can, in place, under a reader that reads as fast as
// it can, for two seconds, or until a reduced run has had 20 contents. A busy machine has longer
// for the first content.
func TestAHammerTearsNothing(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{file.AsIs, file.Events} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			linuxOnly(t)
			path := filepath.Join(t.TempDir(), "app.yaml")
			write(t, path, body(0))
			r := newReader(t, file.NewSource(path).Force(mode))
			r.version(t)
			stop, done := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				for v := 1; ; v++ {
					if err := os.WriteFile(path, body(v%200), 0o600); err != nil {
						t.Error(err)
						return
					}
					select {
					case <-stop:
						return
					default:
					}
				}
			}()
			contents := 0
			most := testrun.Count(math.MaxInt, 20)
			begin := time.Now()
			ended := func() bool {
				took := time.Since(begin)
				return took > 30*time.Second || took > 2*time.Second && (contents > 0 || mode != file.AsIs) || contents >= most
			}
			for !ended() {
				if c, err := r.next(time.Second); err == nil {
					if _, err := wholeVersion(c); err != nil {
						t.Fatal(err)
					}
					contents++
				}
			}
			close(stop)
			<-done
			write(t, path, body(200))
			for v := 0; v != 200; {
				v = r.version(t)
			}
			if mode == file.AsIs && contents == 0 {
				t.Error("a writer that never rests kept all contents back")
			}
			t.Logf("%d contents, none torn", contents)
		})
	}
}

// TestTwoFilesAreNeverFromTwoSidesOfASwap reads two files of a Kubernetes mount under swaps back to
// back.
func TestTwoFilesAreNeverFromTwoSidesOfASwap(t *testing.T) {
	t.Parallel()
	makers := map[string]func(m *mount) *file.Source{
		"files": func(m *mount) *file.Source {
			return file.NewSource(filepath.Join(m.dir, "a.yaml"), file.WithFile(filepath.Join(m.dir, "b.yaml")))
		},
		"folder": func(m *mount) *file.Source { return file.DirSource(m.dir) },
	}
	for name, mk := range makers {
		for _, remove := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				m := newMount(t, "a.yaml", "b.yaml")
				must(t, m.swap(0, remove))
				r := newReader(t, mk(m))
				if err := burst(r, 200, 0, func(v int) error { return m.swap(v, remove) }); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}
