//go:build !linux

package chaostest

import "testing"

// readOnly returns the path of a file that no user can change, not even root.
func readOnly(t *testing.T, _ string) string {
	t.Helper()
	t.Skip("a real cluster runs on Linux")
	return ""
}
