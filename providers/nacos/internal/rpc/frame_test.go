package rpc

import (
	"bytes"
	"testing"
)

// Whatever comes, a frame is what its prefix says and no longer than the limit, and what we write
// is read back.
func FuzzFrame(f *testing.F) {
	for _, seed := range [][]byte{nil, {0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 2, 'a'}, {1, 0, 0, 0, 1, 'a'}, {0, 255, 255, 255, 255}, frame([]byte("abc"))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 100
		got, err := readFrame(bytes.NewReader(b), limit)
		if err != nil {
			return
		}
		if len(got) > limit || !bytes.Equal(frame(got), b[:prefix+len(got)]) {
			t.Errorf("%x gave %x", b, got)
		}
		back, err := readFrame(bytes.NewReader(frame(b)), len(b))
		if err != nil || !bytes.Equal(back, b) {
			t.Errorf("%x came back as %x, error %v", b, back, err)
		}
	})
}
