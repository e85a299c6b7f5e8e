package tree_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/tree"
)

func TestDurationsHaveDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1d": 24 * time.Hour, "1.5d": 36 * time.Hour, "1d12h": 36 * time.Hour, "-2d": -48 * time.Hour, "+1d1m": 24*time.Hour + time.Minute,
		"12h1d": 36 * time.Hour, "0d": 0, "0.5d30m": 12*time.Hour + 30*time.Minute, "1m": time.Minute, "0": 0, "106751d": 106751 * 24 * time.Hour,
		"-9223372036854775808ns": math.MinInt64,
	} {
		if got, err := tree.ParseDuration(text); err != nil || got != want {
			t.Errorf("%q is %v, %v, must be %v", text, got, err, want)
		}
	}
	// M could be minutes or months, and D is not written like the other units.
	for _, text := range []string{"", "-", "d", "1", "1D", "1M", "1d ", "1 d", "1d2", "1dh", "1d-1h", "--1d", "+-1d", ".d", "1..5d", "106752d", "99999999999999999d", "1w", "1y"} {
		if got, err := tree.ParseDuration(text); err == nil {
			t.Errorf("%q is %v, must be an error", text, got)
		} else if text != "" && strings.Contains(err.Error(), text) && len(text) > 1 {
			t.Errorf("the error contains the text %q, which may be a secret", text)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	f.Add("1d")
	f.Add("-1.5d3h")
	f.Add("+.5d")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := tree.ParseDuration(text)
		if want, wantErr := time.ParseDuration(text); wantErr == nil && (err != nil || got != want) {
			t.Fatalf("%q is %v, %v, and %v to the standard library", text, got, err, want)
		}
		if err == nil && !strings.Contains(text, "d") {
			if _, wantErr := time.ParseDuration(text); wantErr != nil {
				t.Fatalf("%q has no days, and is a duration only to nacre", text)
			}
		}
		if err != nil {
			return
		}
		if again, err := tree.ParseDuration(got.String()); err != nil || again != got {
			t.Fatalf("%q is %v, which is %v, %v again", text, got, again, err)
		}
	})
}
