package engine

import (
	"github.com/nacre-go/nacre/internal/pipeline"
)

// markSecretsInUse gives the redactor the secrets of the live contents, the newest ones and those
// in the history. Only the writer calls it, after one of these has changed.
func (e *Engine) markSecretsInUse() {
	done := map[*pipeline.Content]bool{nil: true}
	var all [][]string
	add := func(contents ...*pipeline.Content) {
		for _, c := range contents {
			if !done[c] {
				done[c] = true
				if secrets := c.Decoded().Secrets; len(secrets) > 0 {
					all = append(all, secrets)
				}
			}
		}
	}
	for _, l := range e.layers {
		add(l.latest, l.applied, l.diskCopy)
	}
	if previous := e.cell.Previous(); previous != nil {
		add(previous.Contents...)
	}
	for _, s := range e.history.States() {
		add(s.Contents...)
	}
	e.evaluator.Redactor.SetInUse(all)
}
