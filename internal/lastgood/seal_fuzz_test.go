package lastgood_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/nacre-go/nacre/internal/lastgood"
	"github.com/nacre-go/nacre/source"
)

// FuzzSealed changes a sealed copy and its mark at any place. A result of an attacker without the
// key is never used: Load returns the original copy or none. Nothing panics, and an error is a
// *source.Error of kind Corrupt.
func FuzzSealed(f *testing.F) {
	key := bytes.Repeat([]byte{7}, lastgood.KeySize)
	path := filepath.Join(f.TempDir(), "x.lastgood")
	s, err := lastgood.Own(path, key)
	if err != nil {
		f.Fatal(err)
	}
	if err := s.Save(record(1)); err != nil {
		f.Fatal(err)
	}
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	sealed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	mark, err := os.ReadFile(path + ".newest")
	if err != nil {
		f.Fatal(err)
	}
	original, err := lastgood.Load(path, key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint16(0), []byte{}, uint16(0), []byte{})
	f.Add(uint16(30), []byte{1}, uint16(0), []byte{})
	f.Add(uint16(0), []byte{}, uint16(30), []byte("x"))
	f.Add(uint16(0), sealed[:40], uint16(0), mark[:20])
	f.Fuzz(func(t *testing.T, at uint16, change []byte, atMark uint16, changeMark []byte) {
		alter := func(data []byte, at int, change []byte) []byte {
			data = bytes.Clone(data)
			for i, b := range change {
				data[(at+i)%len(data)] ^= b
			}
			return data
		}
		if err := os.WriteFile(path, alter(sealed, int(at), change), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+".newest", alter(mark, int(atMark), changeMark), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := lastgood.Load(path, key)
		if err != nil {
			if of, ok := errors.AsType[*source.Error](err); !ok || of.Kind != source.Corrupt {
				t.Errorf("the error is %v, want one of kind Corrupt", err)
			}
			return
		}
		if r == nil || !r.SavedAt.Equal(original.SavedAt) || r.Version != original.Version || len(r.Layers) != len(original.Layers) {
			t.Errorf("a copy that was changed is used: %+v", r)
		}
	})
}
