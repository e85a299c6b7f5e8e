package lastgood_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/source"
)

const canary = "canary-s3cret-value"

func record(version int64) lastgood.Record {
	return lastgood.Record{
		SavedAt: time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC), Version: version, Sum: "abc",
		Layers: []lastgood.Layer{
			lastgood.NewLayer(lastgood.ID{Key: "nacos", Identity: "nacos://a/b"}, time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC), source.Content{
				Revision: "md5:1",
				Documents: []source.Document{
					{Name: "orders.yaml", Format: "yaml", Data: []byte("dsn: " + canary + "\n\x00\xff"), Digest: "md5:1",
						Location: "x", AllowUnknown: true},
					{Name: "gone.yaml", Absent: true},
					{Name: "empty.yaml", Format: "yaml", Data: []byte{}},
				},
			}),
			lastgood.NewLayer(lastgood.ID{Key: "consul"}, time.Time{}, source.Content{Revision: "7", Documents: []source.Document{{Name: "kv", Tree: map[string]any{
				"i": int64(5), "f": 5.0, "u": uint64(math.MaxUint64), "s": "5", "x": source.Text("5"), "b": true, "n": nil,
				"t": time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), "l": []any{int64(1), "a", map[string]any{}}, "m": map[string]any{"a.b": "c"}, "inf": math.Inf(1),
			}}}}),
		},
	}
}

func own(t *testing.T, path string) *lastgood.Store {
	t.Helper()
	s, err := lastgood.Own(path, nil)
	if err != nil {
		t.Fatalf("own: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestRoundTripKeepsEveryType(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state", "x.lastgood")
	if r, err := lastgood.Load(path, nil); r != nil || err != nil {
		t.Fatalf("no file: Load returned %v, %v; want nil, nil", r, err)
	}
	want := record(3)
	if err := own(t, path).Save(want); err != nil {
		t.Fatal(err)
	}
	got, err := lastgood.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range want.Layers {
		if c := got.Layers[i].Content(); !reflect.DeepEqual(c, l.Content()) {
			t.Errorf("layer %s came back as %#v, want %#v", l.Key, c, l.Content())
		}
	}
	if !got.SavedAt.Equal(want.SavedAt) || got.Version != 3 || !got.Layers[0].VerifiedAt.Equal(want.Layers[0].VerifiedAt) {
		t.Errorf("age, version or proof came back as %v, %d, %v", got.SavedAt, got.Version, got.Layers[0].VerifiedAt)
	}
	for id, found := range map[lastgood.ID]bool{{Key: "nacos", Identity: "nacos://a/b"}: true, {Key: "nacos", Identity: "nacos://a,b/c"}: true, {Key: "other", Identity: "nacos://a/b"}: false} {
		if l := got.Match([]lastgood.ID{id})[0]; (l != nil) != found {
			t.Errorf("the document of %v is found: %v, want %v; its key alone decides", id, l != nil, found)
		}
	}
}

func TestOnlyItsOwnerMayRead(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("file modes are not Windows'")
	}
	path := filepath.Join(t.TempDir(), "state", "x.lastgood")
	if err := own(t, path).Save(record(1)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700, path + ".lock": 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v (%v)", filepath.Base(name), info.Mode().Perm(), want, err)
		}
	}
}

// Whatever is changed in the file, the copy is refused, and the error shows nothing of it.
func TestTamperedIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	if err := own(t, path).Save(record(1)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string][]byte{
		"empty": {}, "first line only": whole[:bytes.IndexByte(whole, '\n')+1], "other file": []byte(canary + "\n" + canary),
		"one byte more": append(bytes.Clone(whole), 'x'), "cut in the middle": whole[:len(whole)/2],
		"value edited": bytes.Replace(whole, []byte(`"version": 1`), []byte(`"version": 2`), 1),
	}
	for i := 0; i < len(whole); i += len(whole)/40 + 1 {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x20
		bad["flipped "+string(rune('a'+i%26))] = flipped
	}
	for name, data := range bad {
		if bytes.Equal(data, whole) {
			t.Fatalf("%s: the damage changed nothing", name)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := lastgood.Load(path, nil)
		if r != nil || !errors.Is(err, source.Corrupt) {
			t.Errorf("%s: Load returned %v, %v; want an error of kind Corrupt", name, r, err)
			continue
		}
		if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error shows a value: %v", name, err)
		}
	}
}

func TestOneOwner(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	first := own(t, path)
	if _, err := lastgood.Own(path, nil); !errors.Is(err, lastgood.ErrOwned) || !errors.Is(err, source.Conflict) {
		t.Fatalf("a second owner got %v, want ErrOwned", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	own(t, path)
}

// Forbids the torn copy: who reads while it is replaced sees an old one or a new one, whole.
func TestReaderSeesWholeCopies(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	s := own(t, path)
	if err := s.Save(record(1)); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() {
		last := int64(0)
		for {
			select {
			case <-stop:
				return
			default:
			}
			r, err := lastgood.Load(path, nil)
			if err != nil || r == nil || r.Version < last {
				t.Errorf("a reader saw %v after version %d: %v", r, last, err)
				return
			}
			last = r.Version
		}
	})
	for v := range int64(50) {
		if err := s.Save(record(v + 1)); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	readers.Wait()
}

func TestWhatCannotBeSavedLeavesTheOldCopy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	s := own(t, path)
	if err := s.Save(record(1)); err != nil {
		t.Fatal(err)
	}
	bad := record(2)
	bad.Layers[1].Documents[0].Tree.Set(map[string]any{"f": func() {}})
	if err := s.Save(bad); err == nil {
		t.Fatal("a tree with a function in it was saved")
	}
	if r, err := lastgood.Load(path, nil); err != nil || r.Version != 1 {
		t.Errorf("after a save that went wrong the copy is %v, %v; want version 1", r, err)
	}
}

func TestOwnerSweepsWhatACrashLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.lastgood")
	left, other := path+".123.tmp", filepath.Join(dir, "y.lastgood.1.tmp")
	for _, name := range []string{left, other} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	own(t, path)
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Error("a temporary file of a crash was left")
	}
	if _, err := os.Stat(other); err != nil {
		t.Error("another copy's temporary file was removed")
	}
}

func TestNoFolderIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := lastgood.Own(filepath.Join(file, "x.lastgood"), nil); err == nil {
		t.Error("a folder that cannot be made is no error")
	}
}

func FuzzLoad(f *testing.F) {
	path := filepath.Join(f.TempDir(), "x.lastgood")
	s, err := lastgood.Own(path, nil)
	if err != nil {
		f.Fatal(err)
	}
	if err := s.Save(record(1)); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte("nacre-lastgood-2 sha256:\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := lastgood.Load(name, nil); err == nil && !bytes.Equal(data, whole) && r.Version == 1 && r.Sum == "abc" {
			t.Error("a changed copy was taken")
		}
	})
}

// Whoever tells of trouble only when it changes depends on this.
func TestTheSameTroubleReadsTheSame(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	s, err := lastgood.Own(filepath.Join(dir, "x.lastgood"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	first, second := s.Save(lastgood.Record{}), s.Save(lastgood.Record{})
	if first == nil || second == nil || first.Error() != second.Error() {
		t.Errorf("the same trouble reads %v and then %v", first, second)
	}
	if !errors.Is(first, source.NotFound) {
		t.Errorf("the kind is lost: %v", first)
	}
}

// The time of a document is what its source says, and a server may say anything.
func TestACopyIsSavedWhateverItsTimesAre(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	s := own(t, path)
	for _, at := range []time.Time{time.UnixMilli(math.MaxInt64), time.UnixMilli(math.MinInt64), time.Unix(1<<40, 0), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		r := record(1)
		r.Layers[0] = lastgood.NewLayer(lastgood.ID{Key: "nacos", Identity: "nacos://a/b"}, r.Layers[0].VerifiedAt, source.Content{Revision: "md5:1", Documents: []source.Document{
			{Name: "orders.yaml", Format: "yaml", Data: []byte("a: 1\n"), Location: "x", Modified: at},
		}})
		if err := s.Save(r); err != nil {
			t.Errorf("a document that was modified at %v keeps the copy from being saved: %v", at.UTC(), err)
			continue
		}
		got, err := lastgood.Load(path, nil)
		if err != nil || !got.Layers[0].Content().Documents[0].Modified.IsZero() {
			t.Errorf("a time that no calendar has is kept: %v, %v", got, err)
		}
	}
}
