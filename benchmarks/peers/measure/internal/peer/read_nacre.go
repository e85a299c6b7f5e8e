package peer

import (
	"context"
	"fmt"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/benchmarks/peers/measure/internal/content"
)

// nacreReading is a config that is read in one of nacre's ways.
type nacreReading struct {
	live *nacreLive[content.Config]
	read func(n int) int
	end  func() error // of what was made for the reading; may be nil
}

func (r *nacreReading) Read(n int) int          { return r.read(n) }
func (r *nacreReading) Write(data []byte) error { return r.live.Apply(Change{Data: data}) }

func (r *nacreReading) Close() error {
	if r.end != nil {
		if err := r.end(); err != nil {
			return err
		}
	}
	return r.live.Close()
}

func nacreReaders() []Reader {
	of := func(name string, with func(*nacreReading, *nacre.Config[content.Config]) error) Reader {
		return Reader{name, func(data []byte) (Reading, error) {
			live, err := openNacre[content.Config](Documents{Format: "yaml", Data: [][]byte{data}})
			if err != nil {
				return nil, err
			}
			r := &nacreReading{live: live.(*nacreLive[content.Config])}
			return r, with(r, r.live.config)
		}}
	}
	return []Reader{
		of(Nacre, withGet), of("nacre Section", withSection), of("nacre Resource.Get", withResource), of("nacre FromContext", withContext),
	}
}

func withGet(r *nacreReading, c *nacre.Config[content.Config]) error {
	r.read = func(n int) (sum int) {
		for range n {
			v := c.Get()
			sum += v.Server.Weight + len(v.Server.Name)
		}
		return sum
	}
	return nil
}

func withSection(r *nacreReading, c *nacre.Config[content.Config]) error {
	section, err := nacre.Section[content.Unit](context.Background(), c, "server")
	if err != nil {
		return err
	}
	r.read = func(n int) (sum int) {
		for range n {
			v := section.Get()
			sum += v.Weight + len(v.Name)
		}
		return sum
	}
	return nil
}

// withResource reads something that is built from each version.
func withResource(r *nacreReading, c *nacre.Config[content.Config]) error {
	resource, err := nacre.Derive(context.Background(), c, func(c *content.Config) content.Unit { return c.Server },
		func(_ context.Context, u content.Unit) (*content.Unit, error) { return &u, nil }, func(*content.Unit) error { return nil })
	if err != nil {
		return err
	}
	r.end = resource.Close
	r.read = func(n int) (sum int) {
		for range n {
			v := resource.Get()
			sum += v.Weight + len(v.Name)
		}
		return sum
	}
	return nil
}

// withContext reads the version that a request has begun with. A new context is one for each read
// of a thousand, as for a request that reads often.
func withContext(r *nacreReading, c *nacre.Config[content.Config]) error {
	r.read = func(n int) (sum int) {
		for n > 0 {
			ctx := c.NewContext(context.Background())
			for range min(n, 1000) {
				v := c.FromContext(ctx)
				sum += v.Server.Weight + len(v.Server.Name)
			}
			n -= 1000
		}
		return sum
	}
	if c.FromContext(context.Background()) == nil {
		return fmt.Errorf("a context without a version has no config")
	}
	return nil
}
