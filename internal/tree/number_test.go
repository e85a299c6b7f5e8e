package tree_test

import (
	"testing"

	"github.com/nacre-go/nacre/internal/tree"
)

func TestLeadingZero(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0644": true, "08": true, "00": true, "-01": true, "+07": true, "0_7": true, "0": false, "-0": false, "10": false, "0.5": false, "01.5": false,
		"0o17": false, "0x1": false, "01e3": false, "": false, "+": false, "0a": false, "--01": false, "_0": false,
	} {
		if tree.LeadingZero(text) != want {
			t.Errorf("whether %q has a leading zero is %t", text, !want)
		}
	}
	for text, want := range map[string]bool{"0o644": true, "-0O7": true, "0644": false, "0o": false, "0x17": false, "": false, "o17": false} {
		if tree.IsOctal(text) != want {
			t.Errorf("whether %q is octal is %t", text, !want)
		}
	}
}
