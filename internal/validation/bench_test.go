package validation_test

import (
	"testing"

	"github.com/go-playground/validator/v10"
)

// wide has rules on a few of its fields, as configs do.
type wide struct {
	A, B, C, D, E, F, G, H string
	I, J, K, L, M, N       int
	Pool                   int    `config:"pool" validate:"gte=1,lte=500"`
	Name                   string `config:"name" validate:"required"`
}

type wideConfig struct {
	One, Two, Three, Four, Five wide
	List                        []wide          `config:"list" validate:"dive"`
	Map                         map[string]wide `config:"map" validate:"dive"`
}

// BenchmarkCheck compares a checker with validator alone, on a good config of about 2000 keys.
func BenchmarkCheck(b *testing.B) {
	w := wide{Pool: 1, Name: "x"}
	v := wideConfig{One: w, Two: w, Three: w, Four: w, Five: w, Map: map[string]wide{}}
	for i := range 60 {
		v.List = append(v.List, w)
		v.Map[string(rune('a'+i))] = w
	}
	c := checker[wideConfig](b)
	b.Run("checker", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if problems := c.Check(&v, nil); problems != nil {
				b.Fatal(problems)
			}
		}
	})
	alone := validator.New(validator.WithRequiredStructEnabled())
	b.Run("validator", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := alone.Struct(&v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
