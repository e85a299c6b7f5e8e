package binding_test

import (
	"fmt"
	"testing"
	"time"

	successor "github.com/go-viper/mapstructure/v2"

	"github.com/nacre-go/nacre/internal/tree"
)

// section has 20 keys of the types that configs have most.
type section struct {
	Host    string            `config:"host" mapstructure:"host"`
	Path    string            `config:"path" mapstructure:"path"`
	Region  string            `config:"region" mapstructure:"region"`
	Zone    string            `config:"zone" mapstructure:"zone"`
	Owner   string            `config:"owner" mapstructure:"owner"`
	Team    string            `config:"team" mapstructure:"team"`
	Port    int               `config:"port" mapstructure:"port"`
	Pool    int               `config:"pool" mapstructure:"pool"`
	Retries int               `config:"retries" mapstructure:"retries"`
	Burst   int32             `config:"burst" mapstructure:"burst"`
	Limit   uint64            `config:"limit" mapstructure:"limit"`
	Rate    float64           `config:"rate" mapstructure:"rate"`
	Ratio   float64           `config:"ratio" mapstructure:"ratio"`
	On      bool              `config:"on" mapstructure:"on"`
	Debug   bool              `config:"debug" mapstructure:"debug"`
	Timeout time.Duration     `config:"timeout" mapstructure:"timeout"`
	Backoff time.Duration     `config:"backoff" mapstructure:"backoff"`
	Tags    []string          `config:"tags" mapstructure:"tags"`
	Labels  map[string]string `config:"labels" mapstructure:"labels"`
	Weight  *int              `config:"weight" mapstructure:"weight"`
}

type benchConfig struct {
	A, B, C, D, E section
	More          map[string]section `config:"more" mapstructure:"more"`
	List          []section          `config:"list" mapstructure:"list"`
}

func sectionValues() map[string]any {
	return map[string]any{
		"host": "db.internal", "path": "/var/lib/x", "region": "eu", "zone": "eu-1a", "owner": "orders", "team": "core",
		"port": int64(5432), "pool": int64(20), "retries": int64(3), "burst": int64(9), "limit": int64(1000), "rate": 1.5, "ratio": 0.25,
		"on": true, "debug": false, "timeout": "3s", "backoff": "250ms", "tags": []any{"a", "b"},
		"labels": map[string]any{"app": "x", "tier": "y"}, "weight": int64(4),
	}
}

// benchValues has about 20 keys a section, in three kinds of place.
func benchValues(sections int) map[string]any {
	more := map[string]any{}
	var list []any
	for i := range sections / 2 {
		more[fmt.Sprintf("s%04d", i)] = sectionValues()
		list = append(list, sectionValues())
	}
	return map[string]any{
		"a": sectionValues(), "b": sectionValues(), "c": sectionValues(), "d": sectionValues(), "e": sectionValues(), "more": more, "list": list,
	}
}

// BenchmarkBind compares a compiled plan with the successor of mapstructure, with the one hook that
// this struct needs and without any strictness. Both start from what a decoder leaves: a tree here,
// a map there.
func BenchmarkBind(b *testing.B) {
	for _, sections := range []int{0, 10, 100, 1000} {
		values := benchValues(sections)
		root, err := tree.FromPlain(yamlDoc, values)
		if err != nil {
			b.Fatal(err)
		}
		keys := float64((5 + sections/2*2) * 20)
		p := plan[benchConfig](b)
		b.Run(fmt.Sprintf("plan/keys=%d", int(keys)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, report := p.Bind(root); len(report.Problems) > 0 {
					b.Fatal(report.Problems)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/keys, "ns/key")
		})
		b.Run(fmt.Sprintf("mapstructure/keys=%d", int(keys)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var into benchConfig
				d, err := successor.NewDecoder(&successor.DecoderConfig{Result: &into, DecodeHook: successor.StringToTimeDurationHookFunc()})
				if err == nil {
					err = d.Decode(values)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/keys, "ns/key")
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		plan[benchConfig](b)
	}
}
