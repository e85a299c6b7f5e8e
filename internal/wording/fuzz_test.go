package wording_test

import (
	"testing"

	"github.com/nacre-go/nacre/internal/wording"
)

// FuzzMark holds that nothing of a marked text is taken for nacre's own, whatever is in it.
func FuzzMark(f *testing.F) {
	for _, text := range []string{"", "x", "\ufdd0", "\ufdd1x", "\ufdd0x\ufdd1", "\xef\xb7", "x\xef\xb7\x90"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		got := wording.Parse("is " + wording.Mark(a) + " or " + wording.Mark(b) + ".").Redact(func(string) string { return "*" })
		if got != "is * or *." {
			t.Fatalf("with %q and %q foreign, %q is left", a, b, got)
		}
	})
}
