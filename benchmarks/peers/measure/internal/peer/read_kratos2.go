package peer

import "github.com/go-kratos/kratos/v2/config"

// kratos2Reading is a running instance.
type kratos2Reading struct {
	config config.Config
	source *kratos2Source
}

func openKratos2Reading(data []byte) (Reading, error) {
	source := &kratos2Source{
		first: kratos2Documents(Documents{Format: "yaml", Data: [][]byte{data}}),
		next:  make(chan []*config.KeyValue), asked: make(chan struct{}), done: make(chan struct{}),
	}
	r := &kratos2Reading{config.New(config.WithSource(source)), source}
	if err := r.config.Load(); err != nil {
		return nil, err
	}
	<-source.asked
	return r, nil
}

func (r *kratos2Reading) Read(n int) (sum int) {
	for range n {
		weight, _ := r.config.Value(weightKey).Int()
		name, _ := r.config.Value(nameKey).String()
		sum += int(weight) + len(name)
	}
	return sum
}

func (r *kratos2Reading) Write(data []byte) error {
	r.source.next <- kratos2Documents(Documents{Format: "yaml", Data: [][]byte{data}})
	<-r.source.asked
	return nil
}

func (r *kratos2Reading) Close() error { return r.config.Close() }
