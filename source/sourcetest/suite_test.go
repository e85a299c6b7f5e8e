package sourcetest_test

import (
	"testing"

	"github.com/nacre-go/nacre/source/sourcetest"
)

func TestSuitePassesGoodSource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, func(*testing.T) sourcetest.Harness { return (&origin{}).harness(newGood) })
}
