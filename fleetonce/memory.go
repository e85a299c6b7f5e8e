package fleetonce

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/nacre-go/nacre/source"
)

// NewMemoryStore returns a store in the memory of the process, without a record: for tests of a
// service, with several instances in one process.
func NewMemoryStore(name string) Store { return &memory{name: name, changed: make(chan struct{})} }

type memory struct {
	name string

	mu      sync.Mutex
	data    []byte
	writes  int // 0: no record
	changed chan struct{}
}

func (m *memory) Name() string { return m.name }

func (m *memory) Load(ctx context.Context) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return Record{}, ctx.Err()
	case m.writes == 0:
		return Record{}, failed("read", m.name, source.NotFound, errors.New("record does not exist"), "create it with fleetonce.Create")
	}
	return Record{append([]byte(nil), m.data...), strconv.Itoa(m.writes)}, nil
}

func (m *memory) CompareAndSwap(ctx context.Context, revision string, data []byte) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case m.writes == 0 || revision != strconv.Itoa(m.writes):
		return "", failed("swap", m.name, source.Conflict, errors.New("record has another revision"), "")
	}
	return m.writeLocked(data), nil
}

func (m *memory) Create(ctx context.Context, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case m.writes > 0:
		return failed("create", m.name, source.Conflict, errors.New("record exists"), "")
	}
	m.writeLocked(data)
	return nil
}

func (m *memory) Wait(ctx context.Context, revision string) error {
	for {
		m.mu.Lock()
		differs, changed := revision != strconv.Itoa(m.writes), m.changed
		m.mu.Unlock()
		if differs {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *memory) writeLocked(data []byte) (revision string) {
	m.data = append([]byte(nil), data...)
	m.writes++
	close(m.changed)
	m.changed = make(chan struct{})
	return strconv.Itoa(m.writes)
}
