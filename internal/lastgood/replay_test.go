package lastgood_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/source"
)

var sealKey = []byte("fedcba9876543210fedcba9876543210")

func save(t *testing.T, path string, versions ...int64) {
	t.Helper()
	s, err := lastgood.Own(path, sealKey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, v := range versions {
		if err := s.Save(record(v)); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A sealed copy that was put back is older than the newest one, whatever version it has: versions
// count in each process anew.
func TestAnOlderSealedCopyIsNotUsed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	save(t, path, 7)
	old := read(t, path)
	save(t, path, 1, 2)
	put(t, path, old)
	r, err := lastgood.Load(path, sealKey)
	if r != nil || !errors.Is(err, source.Corrupt) || !strings.Contains(err.Error(), "older than the newest") || !strings.Contains(err.Error(), ".newest") {
		t.Fatalf("an older copy was put back: Load returned %v, %v", r, err)
	}
	// Who owns it next goes on from the newest, and not from what was put back.
	save(t, path, 3)
	if r, err := lastgood.Load(path, sealKey); err != nil || r.Version != 3 || r.Sequence != 4 {
		t.Errorf("the next copy is %+v, %v", r, err)
	}
	put(t, path, old)
	if _, err := lastgood.Load(path, sealKey); err == nil {
		t.Error("after the next copy the older one is taken")
	}
	// Somebody who wants it back can have it.
	if err := os.Remove(path + ".newest"); err != nil {
		t.Fatal(err)
	}
	if r, err := lastgood.Load(path, sealKey); err != nil || r.Version != 7 {
		t.Errorf("without the mark Load returned %v, %v", r, err)
	}
	if w := lastgood.Warning(path, sealKey); !strings.Contains(w, ".newest is missing") {
		t.Errorf("nothing is said of a mark that is missing: %q", w)
	}
	// A mark that was lost is made again, and counts on.
	save(t, path, 8)
	put(t, path, old)
	if _, err := lastgood.Load(path, sealKey); err == nil {
		t.Error("after a mark was lost and made again an older copy is taken")
	}
}

// A crash between the copy and its mark leaves a copy that is newer than the mark.
func TestACopyIsGoodBeforeItsMark(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	save(t, path, 1)
	mark := read(t, path+".newest")
	save(t, path, 2)
	put(t, path+".newest", mark)
	if r, err := lastgood.Load(path, sealKey); err != nil || r.Version != 2 {
		t.Errorf("a copy whose mark was not written: %v, %v", r, err)
	}
	for _, bad := range [][]byte{nil, mark[:len(mark)/2], []byte("x"), read(t, path)} {
		put(t, path+".newest", bad)
		if r, err := lastgood.Load(path, sealKey); err != nil || r.Version != 2 {
			t.Errorf("a mark that is damaged takes the copy away: %v, %v", r, err)
		}
	}
}

func TestASealedCopyIsGoodAtItsPlaceAlone(t *testing.T) {
	t.Parallel()
	path, other := filepath.Join(t.TempDir(), "x.lastgood"), filepath.Join(t.TempDir(), "x.lastgood")
	save(t, path, 1)
	for end, at := range map[string]string{"another folder": other, "the mark": path + ".newest", "another name": path + "2"} {
		put(t, at, read(t, path))
		if r, err := lastgood.Load(at, sealKey); r != nil || !errors.Is(err, source.Corrupt) {
			t.Errorf("a copy was taken at the place of %s: %v, %v", end, r, err)
		}
	}
	put(t, path, []byte("nacre-lastgood-sealed-1\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"))
	if _, err := lastgood.Load(path, sealKey); err == nil || !strings.Contains(err.Error(), "an earlier version of nacre") {
		t.Errorf("a copy of an earlier version: %v", err)
	}
}

// Who puts an older copy back and spoils its mark gets what he gets who removes the mark: a
// warning, or no copy.
func TestASpoiledMarkIsNotSilent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lastgood")
	save(t, path, 1)
	old := read(t, path)
	save(t, path, 2)
	put(t, path, old)
	mark := read(t, path+".newest")
	for _, bad := range [][]byte{nil, []byte("x"), mark[:len(mark)/2], old, make([]byte, 5000)} {
		put(t, path+".newest", bad)
		if w := lastgood.Warning(path, sealKey); !strings.Contains(w, ".newest cannot be read") {
			t.Errorf("an older copy beside a spoiled mark of %d bytes is taken, and nothing is said: %q", len(bad), w)
		}
	}
}
