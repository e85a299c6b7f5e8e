package sdktest_test

import (
	"os"
	"testing"
)

// root holds the SDK's logs and caches. It is not t.TempDir, which fails a test when a file is
// written while it is removed: the SDK writes for a while after it was closed.
var root string

func TestMain(m *testing.M) {
	var err error
	if root, err = os.MkdirTemp("", "nacossdk-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(root)
	os.Exit(code)
}
