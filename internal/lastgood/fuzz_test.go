package lastgood_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/source"
)

// FuzzLoadBody reads files whose checksum holds and whose body is anything, which FuzzLoad cannot
// find. None may panic, an error is a *source.Error of kind Corrupt, and what loads can be saved
// and loads as the same again.
func FuzzLoadBody(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "seed")
	s, err := lastgood.Own(path, nil)
	if err != nil {
		f.Fatal(err)
	}
	if err := s.Save(record(1)); err != nil {
		f.Fatal(err)
	}
	s.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	_, body, _ := bytes.Cut(whole, []byte("\n"))
	f.Add(body)
	f.Add([]byte(`{"layers":[{"documents":[{"tree":{"map":{"a":{"int":"x"},"b":{"int":null},"c":{},"d":{"list":[]}}}}]}]}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"layers":[null,{"documents":[{"tree":null},{"data":"!"}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		data := append(fmt.Appendf(nil, "nacre-lastgood-2 sha256:%x\n", sha256.Sum256(body)), body...)
		path := filepath.Join(t.TempDir(), "x.lastgood")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := lastgood.Load(path, nil)
		if err != nil {
			var of *source.Error
			if !errors.As(err, &of) || of.Kind != source.Corrupt {
				t.Errorf("the error is %v, want one of kind Corrupt", err)
			}
			return
		}
		s, err := lastgood.Own(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Save(*r); err != nil {
			return // a time of the year 10000 can be read and not written
		}
		first, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		again, err := lastgood.Load(path, nil)
		if err != nil {
			t.Fatalf("what was saved does not load: %v\n%s", err, first)
		}
		if err := s.Save(*again); err != nil {
			t.Fatalf("what was loaded is not saved again: %v", err)
		}
		if second, _ := os.ReadFile(path); !bytes.Equal(first, second) {
			t.Errorf("saving and loading changes the copy:\n%s\n%s", first, second)
		}
	})
}
