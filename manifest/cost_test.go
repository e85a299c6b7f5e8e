package manifest_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/manifest"
)

func base64of(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

// shapes are texts of n bytes that parsers take long for, most of them in the form of a manifest up
// to there.
func shapes(n int) map[string]string {
	const head = "nacre-manifest: 2\nrelease: 1\ndocuments:\n"
	sum := strings.Repeat("0", 64)
	fill := func(head string, line func(i int) string) string {
		b := strings.Builder{}
		b.WriteString(head)
		for i := 0; b.Len() < n; i++ {
			b.WriteString(line(i))
		}
		return b.String()[:n]
	}
	same := func(text string) func(int) string { return func(int) string { return text } }
	return map[string]string{
		"flow map with bare keys":    fill("documents: {", func(i int) string { return fmt.Sprintf("%d, ", i) }),
		"question marks":             fill("", same("? a\n")),
		"brackets":                   fill("", same("[")),
		"dashes":                     fill("", same("- ")),
		"documents":                  fill(head, func(i int) string { return fmt.Sprintf("- name: n%d\n  sha256: %s\n", i, sum) }),
		"the same document":          fill(head, same("- name: a\n  sha256: "+sum+"\n")),
		"the same key":               fill(head+"- name: a\n", same("  name: a\n")),
		"empty items":                fill(head, same("- x: y\n")),
		"audiences":                  fill("nacre-manifest: 2\nrelease: 1\naudience:\n", same("- namespace: '*'\n  group: '*'\n  service: '*'\n")),
		"comments":                   fill(head, same("# x\n")),
		"blank lines":                fill(head, same("\n")),
		"spaces":                     fill(head, same(" ")),
		"growing indent":             fill(head, func(i int) string { return strings.Repeat(" ", min(i, 1000)) + "# x\n" }),
		"one long name":              fill(head+"- name: ", same("a")),
		"quotes":                     fill(head+"- name: '", same("''")),
		"escapes":                    fill(head+"- name: \"", same(`\u0061`)),
		"colons":                     fill(head+"- name: ", same(":")),
		"anchors and aliases":        fill(head, func(i int) string { return fmt.Sprintf("- &a%d [*a%d, *a%d]\n", i+1, i, i) }),
		"carriage returns":           fill(head, same("\r\n")),
		"signatures":                 fill(head, same("signature: AAAA\n")),
		"bytes that are no UTF-8":    fill(head, same("\xff")),
		"stars":                      fill(head, same("*")),
		"zero bytes":                 fill("", same("\x00")),
		"dashes on lines":            fill(head, same("-\n")),
		"documents with other names": fill(head, func(i int) string { return fmt.Sprintf("- namespace: n%d\n  name: a\n  sha256: %s\n", i, sum) }),
	}
}

// TestParsingTakesLinearTime measures the time for a byte at 16 KiB and at the largest size. A
// parser of quadratic time takes 64 times as long for a byte there; noise of a busy machine takes a
// few times as long.
func TestParsingTakesLinearTime(t *testing.T) {
	const small, large = 16 << 10, manifest.MaxSize
	smaller := shapes(small)
	for name, text := range shapes(large) {
		a, b := perByte(smaller[name]), perByte(text)
		if b > 10*a && b > 200*time.Nanosecond {
			t.Errorf("%s: a byte takes %v at %d KiB and %v at %d KiB, want about the same", name, a, small>>10, b, large>>10)
		}
	}
}

// perByte is the shortest of some measurements, in processor time.
func perByte(text string) time.Duration {
	var all []time.Duration
	for range 3 {
		began := testrun.CPU()
		_, _ = manifest.Parse([]byte(text))
		all = append(all, (testrun.CPU()-began)/time.Duration(len(text)))
	}
	return slices.Min(all)
}

// BenchmarkParse reports the time for a byte, by shape and size.
func BenchmarkParse(b *testing.B) {
	for _, size := range []int{16 << 10, 64 << 10, 256 << 10, manifest.MaxSize} {
		for name, text := range shapes(size) {
			b.Run(fmt.Sprintf("%s/%dKiB", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					_, _ = manifest.Parse([]byte(text))
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size), "ns/B")
			})
		}
	}
}

// BenchmarkVerify is what a stranger can make an instance do: a signature is looked for once for
// each trusted key.
func BenchmarkVerify(b *testing.B) {
	public, _ := keys(1)
	other, _ := keys(2)
	for _, size := range []int{16 << 10, 256 << 10, manifest.MaxSize - 1024} {
		text := shapes(size)["documents"] + "\nsignature: " + base64of(make([]byte, 64)) + "\n"
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := manifest.Verify([]byte(text), public, other); err == nil {
					b.Fatal("a signature of zeros holds")
				}
			}
		})
	}
}
