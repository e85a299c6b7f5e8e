package layer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// keys20000 returns a document of 20 000 keys in 1000 sections, or in one map, and its shape.
func keys20000(format string, sections bool) (string, *tree.Shape) {
	var b strings.Builder
	shape := structOf()
	outer, inner := 1000, 20
	if !sections {
		outer, inner = 1, 20000
	}
	if format == "json" {
		b.WriteString("{\n")
	}
	for s := range outer {
		section, name, indent := structOf(), fmt.Sprintf("section%d", s), "  "
		if !sections {
			section, indent = shape, ""
		} else {
			shape.Fields[name] = section
			shape.Order = append(shape.Order, name)
			switch format {
			case "yaml":
				fmt.Fprintf(&b, "%s:\n", name)
			case "json":
				fmt.Fprintf(&b, "%q: {\n", name)
			}
		}
		for k := range inner {
			key := fmt.Sprintf("key%d", k)
			section.Fields[key] = leaf
			section.Order = append(section.Order, key)
			switch format {
			case "yaml":
				fmt.Fprintf(&b, "%s%s: value %d of %d\n", indent, key, k, s)
			case "json":
				fmt.Fprintf(&b, "%s%q: \"value %d of %d\"%s\n", indent, key, k, s, comma(k < inner-1))
			case "properties":
				if sections {
					fmt.Fprintf(&b, "%s.", name)
				}
				fmt.Fprintf(&b, "%s = value %d of %d\n", key, k, s)
			}
		}
		if sections && format == "json" {
			b.WriteString("}" + comma(s < outer-1) + "\n")
		}
	}
	if format == "json" {
		b.WriteString("}\n")
	}
	return b.String(), shape
}

func comma(more bool) string {
	if more {
		return ","
	}
	return ""
}

// changes20000 are changes of a document of 20 000 keys, at the beginning, in the middle and at the
// end.
func changes20000(format, text string) (names []string, changed []string) {
	for _, place := range []struct {
		name string
		at   int
	}{{"first", 0}, {"middle", len(text) / 2}, {"last", strings.LastIndex(text, "value")}} {
		at := place.at + strings.Index(text[place.at:], "value")
		names = append(names, place.name)
		changed = append(changed, text[:at]+"other"+text[at+len("value"):])
		lines := strings.LastIndex(text[:at], "\n") + 1
		line := text[lines:at]
		key := strings.Index(line, "key")
		names = append(names, place.name+"-inserted")
		end := lines + strings.Index(text[lines:], "\n")
		whole := strings.TrimSuffix(text[lines:end], ",")
		more := strings.ReplaceAll(whole[:key]+"key3x"+whole[key+3:], "value", "more") + comma(format == "json") + "\n"
		changed = append(changed, text[:lines]+more+text[lines:])
		if format != "json" {
			names = append(names, place.name+"-comment")
			changed = append(changed, text[:lines]+"# a comment\n"+text[lines:])
		}
	}
	return names, changed
}

func BenchmarkDecodeAfter(b *testing.B) {
	for _, format := range []string{"yaml", "json", "properties"} {
		for name, sections := range map[string]bool{"sections": true, "flat": false} {
			text, shape := keys20000(format, sections)
			for way, policy := range map[string]layer.Policy{"": {}, "shared-": {Shared: true}} {
				w := way20000(shape, policy)
				last := w.full(format, text)
				if len(last.Problems) > 0 {
					b.Fatal(last.Problems)
				}
				names, changed := changes20000(format, text)
				b.Run(format+"/"+name+"/"+way+"full", func(b *testing.B) {
					for b.Loop() {
						w.full(format, text)
					}
				})
				b.Run(format+"/"+name+"/"+way+"same", func(b *testing.B) {
					for b.Loop() {
						w.after(&last, format, text)
					}
				})
				for i := range names {
					b.Run(format+"/"+name+"/"+way+names[i], func(b *testing.B) {
						b.ReportAllocs()
						data := []byte(changed[i])
						var got layer.Decoded
						for b.Loop() {
							got = w.o.DecodeAfter(&last, policy, "l", "r1", source.Document{Name: "doc", Format: format, Data: data}, shape)
						}
						if len(got.Problems) > 0 || !layer.IsPart(&got) {
							b.Fatalf("the whole text was decoded: %v", got.Problems)
						}
					})
				}
			}
		}
	}
}

func way20000(shape *tree.Shape, policy layer.Policy) way {
	shape.Kind, shape.Elem = tree.RemainderOf, leaf
	for _, s := range shape.Fields {
		if s.Kind == tree.StructOf {
			s.Kind, s.Elem = tree.RemainderOf, leaf
		}
	}
	return way{name: "20000", shape: shape, policy: policy}
}
