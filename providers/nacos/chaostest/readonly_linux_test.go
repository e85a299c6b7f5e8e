package chaostest

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// readOnly returns the path of a file that no user can change, not even root.
func readOnly(t *testing.T, text string) string {
	t.Helper()
	fd, err := unix.MemfdCreate("nacre-read-only", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "read-only")
	t.Cleanup(func() { _ = f.Close() })
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), f.Fd())
}
