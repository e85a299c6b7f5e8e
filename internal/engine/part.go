package engine

import (
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/observe"
)

// RemoteDocuments returns the documents of the layers that are not local, in the order of the
// layers, without those that are absent.
func (e *Engine) RemoteDocuments(s *pipeline.State) (all []observe.Cause) {
	for i, c := range s.Contents {
		if c == nil || e.layers[i].local {
			continue
		}
		for j := range c.Documents {
			if d := &c.Documents[j]; !d.Absent {
				all = append(all, e.cause(e.layers[i], c, d))
			}
		}
	}
	return all
}

// Redact returns the text of an error without the secrets that the engine knows.
func (e *Engine) Redact(err error) string { return e.evaluator.Redactor.Err(err).Error() }
