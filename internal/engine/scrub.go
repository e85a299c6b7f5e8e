package engine

import (
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/source"
)

// scrubber takes the values of secret fields out of texts that were written by others: the errors and panics of the service's
// own code, of sources and of libraries. It knows every secret that was decoded since the start, for an old one may be live
// where the text comes from. Safe for concurrent use; the zero scrubber is ready.
type scrubber struct {
	mu       sync.Mutex
	known    map[string]bool
	order    []string
	replacer *strings.Replacer
}

const (
	minSecret  = 4    // shorter ones would tear holes into ordinary words
	maxSecrets = 4096 // the oldest are forgotten
)

func (s *scrubber) add(secret string) {
	if len(secret) < minSecret {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[secret] {
		return
	}
	if s.known == nil {
		s.known = map[string]bool{}
	}
	if len(s.order) == maxSecrets {
		delete(s.known, s.order[0])
		s.order = s.order[1:]
	}
	s.known[secret] = true
	s.order = append(s.order, secret)
	s.replacer = nil
}

func (s *scrubber) text(t string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 {
		return t
	}
	if s.replacer == nil {
		var pairs []string
		for _, secret := range s.order {
			pairs = append(pairs, secret, observe.Redacted)
			quoted := strconv.Quote(secret)
			if quoted = quoted[1 : len(quoted)-1]; quoted != secret {
				pairs = append(pairs, quoted, observe.Redacted)
			}
		}
		s.replacer = strings.NewReplacer(pairs...)
	}
	return s.replacer.Replace(t)
}

// err returns err, or, where its text holds a secret, another error without it: then the cause is not reachable either.
func (s *scrubber) err(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if clean := s.text(text); clean != text {
		return errors.New(clean)
	}
	return err
}

// problems takes secrets out of what the service's own rules say.
func (s *scrubber) problems(all source.Problems) source.Problems {
	for i, p := range all {
		if clean := s.text(p.Message); clean != p.Message {
			copied := *p
			copied.Message, copied.Err = clean, nil
			all[i] = &copied
		}
	}
	return all
}
