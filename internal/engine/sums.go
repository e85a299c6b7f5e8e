package engine

import (
	"encoding/hex"

	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/verify"
)

// KeyedSum returns a digest that distinguishes states that differ in secrets only, for users with
// the key of the copy. It returns "" if there is no key.
func (e *Engine) KeyedSum(s *pipeline.State) string {
	if len(e.LastKnownGoodKey) == 0 {
		return ""
	}
	return hex.EncodeToString(verify.Keyed(e.LastKnownGoodKey, "nacre keyed sum 1", s.Full[:])[:16])
}
