package peer

import "github.com/go-kratos/kratos/v3/config"

// kratos3Reading is a running instance.
type kratos3Reading struct {
	config config.Config
	source *kratos3Source
}

func openKratos3Reading(data []byte) (Reading, error) {
	source := &kratos3Source{
		first: kratos3Documents(Documents{Format: "yaml", Data: [][]byte{data}}),
		next:  make(chan []*config.KeyValue), asked: make(chan struct{}), done: make(chan struct{}),
	}
	r := &kratos3Reading{config.New(config.WithSource(source)), source}
	if err := r.config.Load(); err != nil {
		return nil, err
	}
	<-source.asked
	return r, nil
}

func (r *kratos3Reading) Read(n int) (sum int) {
	for range n {
		weight, _ := r.config.Value(weightKey).Int()
		name, _ := r.config.Value(nameKey).String()
		sum += int(weight) + len(name)
	}
	return sum
}

func (r *kratos3Reading) Write(data []byte) error {
	r.source.next <- kratos3Documents(Documents{Format: "yaml", Data: [][]byte{data}})
	<-r.source.asked
	return nil
}

func (r *kratos3Reading) Close() error { return r.config.Close() }
