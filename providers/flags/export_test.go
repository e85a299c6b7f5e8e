package flags

import (
	"slices"

	"github.com/nacre-go/nacre/source"
)

// Replace sets all flags at once, as no program can: flags that are not in texts become unset.
func Replace(s source.Source, texts map[string]string) {
	l, ok := s.(*layer)
	if !ok {
		panic("not a layer of flags")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	uses := []given{}
	for _, v := range l.flags {
		if text, ok := texts[v.name]; ok {
			uses = append(uses, given{v, text})
		}
	}
	l.replace(slices.Clip(uses))
}
