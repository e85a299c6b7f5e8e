package nacre_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

// A change that is too large to try its layers one by one says of each layer what is known of it,
// whatever layer the problem stands in, and of the others why the change was refused.
func TestTheReasonsOfAChangeThatIsTooLarge(t *testing.T) {
	t.Parallel()
	const n, generic = 200, "too large to try its layers one by one"
	for name, c := range map[string]struct {
		bad  func(f *fleet, i int) []byte
		want func(i int, bad bool) string // a part of the reason
	}{
		"a key that is required": {
			bad:  func(f *fleet, i int) []byte { return f.doc(i, 3, "") },
			want: func(i int, _ bool) string { return fmt.Sprintf("docs.d%d.name: is required", i) }},
		"a method that names no key": {
			bad:  func(f *fleet, i int) []byte { return f.doc(i, 66, "y") },
			want: func(int, bool) string { return "66 is not allowed anywhere" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fleet{keys: 100}
				var all []source.Source
				top := "docs:\n" // has all maps, so that the problems stand here
				for i := range n {
					m := memory.New(fmt.Sprintf("d%d.yaml", i), f.doc(i, 1, "x"))
					f.layers, all = append(f.layers, m), append(all, m)
					top += fmt.Sprintf("  d%d: {more: {top: 1}}\n", i)
				}
				cfg := layered[wide](t, quiet, append(all, memoryLayer("top.yaml", top))...)
				for i, m := range f.layers {
					if i%2 == 0 {
						m.Set(c.bad(f, i))
					} else {
						m.Set(f.doc(i, 3, "y"))
					}
				}
				settle()
				generics := 0
				for i, l := range cfg.Health().Layers[:n] {
					text := strings.Join(l.Rejected, "; ")
					if bad := i%2 == 0; bad && l.Rejected == nil || l.Rejected != nil && !strings.Contains(text, c.want(i, bad)) {
						t.Errorf("%s: rejected %q, want %q", l.Name, text, c.want(i, bad))
					}
					if strings.Contains(text, generic) {
						generics++
					}
				}
				if searched := name == "a method that names no key"; searched != (generics > 0) {
					t.Errorf("%d layers are told that the change is too large", generics)
				}
			})
		})
	}
}
