package peer

// converted is a config whose peer fills another type, which is converted where it is compared.
type converted[T, U any] struct {
	Live[T]
	to func(*T) *U
}

// through makes the function of a Peer from one that opens a config of another type.
func through[T, U any](to func(*T) *U, open func(Documents) (Live[T], error)) func(Documents) (Live[U], error) {
	return func(d Documents) (Live[U], error) {
		live, err := open(d)
		return converted[T, U]{live, to}, err
	}
}

// closing is a config with something to close.
type closing[T any] struct {
	Live[T]
	end func() error
}

func (c closing[T]) Close() error { return c.end() }

func (c converted[T, U]) Value() (*U, error) {
	value, err := c.Live.Value()
	if err != nil {
		return nil, err
	}
	return c.to(value), nil
}
