package peer

import (
	"context"
	"sync"

	"github.com/nacre-go/nacre/source"
)

// pushed is a source whose documents a program sets, as providers/memory, with two differences: it
// can have several documents, and it can deliver the same bytes in another revision.
type pushed struct {
	name string
	acks chan error // one for each content that was decided on

	mu      sync.Mutex
	content source.Content
	decided source.Revision
	changed chan struct{}
}

func newPushed(name string, documents []source.Document) *pushed {
	return &pushed{
		name: name, acks: make(chan error, 1), changed: make(chan struct{}),
		content: source.Content{Revision: revision(0), Documents: documents},
	}
}

// set replaces a document and waits until the config has decided on it.
func (p *pushed) set(i int, data []byte, n int) error {
	p.mu.Lock()
	documents := append([]source.Document(nil), p.content.Documents...)
	documents[i].Data = data
	p.content = source.Content{Revision: revision(n), Documents: documents}
	close(p.changed)
	p.changed = make(chan struct{})
	p.mu.Unlock()
	return <-p.acks
}

// Name implements source.Source.
func (p *pushed) Name() string { return p.name }

// Describe says what that of providers/memory says.
func (p *pushed) Describe() source.Description { return source.Description{Local: true} }

// Ack implements source.Acknowledger.
func (p *pushed) Ack(rev source.Revision, rejected error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if rev == p.content.Revision && rev != p.decided {
		p.decided = rev
		p.acks <- rejected // of the content that set or open waits for, and the only one
	}
}

// Next implements source.Source.
func (p *pushed) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	for {
		p.mu.Lock()
		content, changed := p.content, p.changed
		p.mu.Unlock()
		if content.Revision != prev {
			return content, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return source.Content{}, ctx.Err()
		}
	}
}
