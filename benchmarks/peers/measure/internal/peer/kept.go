package peer

// kept is the config of a library that merges a changed document into the instance that it has.
type kept[T any] struct {
	load func(data []byte) error
	fill func(*T) error
	live *T
}

// keep opens such a config, whose instance has all documents.
func keep[T any](load func([]byte) error, fill func(*T) error) (Live[T], error) {
	k := &kept[T]{load: load, fill: fill}
	return k, k.refill()
}

func (k *kept[T]) refill() error {
	live := new(T)
	if err := k.fill(live); err != nil {
		return err
	}
	k.live = live
	return nil
}

func (k *kept[T]) Apply(c Change) error {
	if err := k.load(c.Data); err != nil {
		return err
	}
	return k.refill()
}

func (k *kept[T]) Value() (*T, error) { return k.live, nil }
func (*kept[T]) Close() error         { return nil }
