package peer

import "bytes"

// rebuilt is the config of a library that has no way to replace one document: after a change, it
// reads all documents into a new instance.
type rebuilt[T any] struct {
	documents Documents
	build     func(Documents) (*T, error)
	live      *T
}

// rebuild makes the function of a Peer that opens such a config.
func rebuild[T any](build func(Documents) (*T, error)) func(Documents) (Live[T], error) {
	return func(d Documents) (Live[T], error) {
		d.Data = append([][]byte(nil), d.Data...)
		r := &rebuilt[T]{documents: d, build: build}
		return r, r.reload()
	}
}

func (r *rebuilt[T]) reload() error {
	live, err := r.build(r.documents)
	if err != nil {
		return err
	}
	r.live = live
	if len(r.documents.Data) == 1 {
		r.documents.Data[0] = nil // a file would not stay in memory either
	}
	return nil
}

func (r *rebuilt[T]) Apply(c Change) error {
	r.documents.Data[c.Document] = c.Data
	return r.reload()
}

func (r *rebuilt[T]) Value() (*T, error) { return r.live, nil }
func (*rebuilt[T]) Close() error         { return nil }

func reader(data []byte) *bytes.Reader { return bytes.NewReader(data) }
