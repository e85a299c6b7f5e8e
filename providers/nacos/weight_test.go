package nacos_test

import (
	"strconv"
	"testing"

	"github.com/nacre-go/nacre/providers/nacos"
)

// Go gives memory in sizes of steps: 96, 112, 128, 144, 160, 176. A word more in what each key has
// is a step more, thousands of times, and the collector doubles it.
func TestKeyWeighsLittle(t *testing.T) {
	t.Parallel()
	if strconv.IntSize != 64 {
		t.Skip("the steps are counted in words of 64 bits")
	}
	entry, doc, source := nacos.Weights()
	if entry > 160 || doc > 96 || source > 112 {
		t.Errorf("an entry has %d bytes, a doc %d, a Source %d; want at most 160, 96, 112", entry, doc, source)
	}
}
