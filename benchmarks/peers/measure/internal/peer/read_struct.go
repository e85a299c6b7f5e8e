package peer

import (
	"context"

	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

// goZeroReading reads the struct that the center copies.
type goZeroReading struct{ *goZeroCenter[content.Config] }

func openGoZeroReading(data []byte) (Reading, error) {
	live, err := openGoZeroCenter[content.Config](Documents{Format: "yaml", Data: [][]byte{data}})
	if err != nil {
		return nil, err
	}
	return goZeroReading{live.(*goZeroCenter[content.Config])}, nil
}

func (r goZeroReading) Read(n int) (sum int) {
	for range n {
		c, _ := r.center.GetConfig()
		sum += c.Server.Weight + len(c.Server.Name)
	}
	return sum
}

func (r goZeroReading) Write(data []byte) error { return r.Apply(Change{Data: data}) }

// runtimevarReading asks for the latest snapshot.
type runtimevarReading struct {
	*runtimevarLive[content.Config]
}

func openRuntimevarReading(data []byte) (Reading, error) {
	live, err := openRuntimevar[content.Config](Documents{Format: "yaml", Data: [][]byte{data}})
	if err != nil {
		return nil, err
	}
	return runtimevarReading{live.(*runtimevarLive[content.Config])}, nil
}

func (r runtimevarReading) Read(n int) (sum int) {
	ctx := context.Background()
	for range n {
		s, err := r.variable.Latest(ctx)
		if err != nil {
			return 0
		}
		c := s.Value.(*content.Config)
		sum += c.Server.Weight + len(c.Server.Name)
	}
	return sum
}

func (r runtimevarReading) Write(data []byte) error { return r.Apply(Change{Data: data}) }
