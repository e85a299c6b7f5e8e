package layer_test

import (
	"fmt"
	"strings"
	"testing"

	kjson "github.com/knadh/koanf/parsers/json"
	kyaml "github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"

	"github.com/nacre-go/nacre/internal/layer"
	"github.com/nacre-go/nacre/internal/tree"
)

// doc2000 is a document of 100 sections with 20 keys each.
func doc2000(format string, n int) string {
	var b strings.Builder
	for s := range 100 {
		switch format {
		case "yaml":
			fmt.Fprintf(&b, "section%d:\n", s)
		case "toml":
			fmt.Fprintf(&b, "[section%d]\n", s)
		case "json":
			fmt.Fprintf(&b, "%s\"section%d\":{", map[bool]string{true: "{", false: ",\n"}[s == 0], s)
		}
		for k := range 20 {
			value := fmt.Sprint(n + s*k)
			if k%2 == 0 {
				value = fmt.Sprintf("\"text %d of %d\"", k, n)
			}
			switch format {
			case "yaml":
				fmt.Fprintf(&b, "  key%d: %s\n", k, value)
			case "toml":
				fmt.Fprintf(&b, "key%d = %s\n", k, value)
			case "json":
				fmt.Fprintf(&b, "%s\"key%d\":%s", map[bool]string{true: "", false: ","}[k == 0], k, value)
			}
		}
		if format == "json" {
			b.WriteString("}")
		}
	}
	if format == "json" {
		b.WriteString("}")
	}
	return b.String()
}

func BenchmarkDecode2000(b *testing.B) {
	for _, format := range []string{"yaml", "json", "toml"} {
		text := doc2000(format, 1)
		b.Run(format, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ps := read(format, text, nil); ps != nil {
					b.Fatal(ps)
				}
			}
		})
		if format == "toml" {
			continue
		}
		parser := map[string]koanf.Parser{"yaml": kyaml.Parser(), "json": kjson.Parser()}[format]
		b.Run(format+"/koanf-Load", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := koanf.New(".").Load(rawbytes.Provider([]byte(text)), parser); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEnviron200(b *testing.B) {
	shape := structOf()
	var data strings.Builder
	for s := range 20 {
		section := structOf()
		for k := range 10 {
			key := fmt.Sprintf("key_%d", k)
			section.Fields[key] = leaf
			fmt.Fprintf(&data, "SECTION_%d_KEY_%d<APP_SECTION_%d_KEY_%d=%d\x00", s, k, s, k, k)
		}
		shape.Fields[fmt.Sprintf("section_%d", s)] = section
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ps := read("environ", data.String(), shape); ps != nil {
			b.Fatal(ps)
		}
	}
}

// Three layers of 2 000 keys: the merge alone, and koanf's Load, which parses, merges and flattens.
func BenchmarkMerge3x2000(b *testing.B) {
	texts := []string{doc2000("yaml", 1), doc2000("yaml", 2), doc2000("yaml", 3)}
	var roots []*tree.Node
	for _, t := range texts {
		n, _ := read("yaml", t, nil)
		roots = append(roots, n)
	}
	b.Run("all-keys-in-all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			layer.Merge(roots...)
		}
	})
	one, _ := read("yaml", "section5:\n  key1: 7\n", nil)
	b.Run("one-key-above", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			layer.Merge(roots[0], one)
		}
	})
	b.Run("decode-and-merge", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var roots []*tree.Node
			for _, t := range texts {
				n, _ := read("yaml", t, nil)
				roots = append(roots, n)
			}
			layer.Merge(roots...)
		}
	})
	b.Run("koanf-Load", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			k := koanf.New(".")
			for _, t := range texts {
				if err := k.Load(rawbytes.Provider([]byte(t)), kyaml.Parser()); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
