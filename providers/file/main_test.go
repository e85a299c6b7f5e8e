package file_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/nacre-go/nacre/internal/testrun"
)

func TestMain(m *testing.M) {
	testrun.AtOnce(8)
	goleak.VerifyTestMain(m)
}
