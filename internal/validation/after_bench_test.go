package validation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nacre-go/nacre/internal/testrun"
	"github.com/nacre-go/nacre/internal/tree"
)

// twenty has 20 keys with rules.
type twenty struct {
	A string        `config:"a" validate:"required,max=64"`
	B string        `config:"b" validate:"required,max=64"`
	C string        `config:"c" validate:"omitempty,hostname"`
	D string        `config:"d" validate:"omitempty,oneof=x y z"`
	E string        `config:"e" validate:"max=64"`
	F string        `config:"f" validate:"max=64"`
	G string        `config:"g" validate:"max=64"`
	H string        `config:"h" validate:"max=64"`
	I int           `config:"i" validate:"gte=0,lte=65535"`
	J int           `config:"j" validate:"gte=0,ltefield=I"`
	K int           `config:"k" validate:"gte=0"`
	L int           `config:"l" validate:"gte=0"`
	M int           `config:"m" validate:"gte=0"`
	N int           `config:"n" validate:"gte=0"`
	O float64       `config:"o" validate:"gte=0"`
	P float64       `config:"p" validate:"lte=1"`
	Q bool          `config:"q"`
	R bool          `config:"r"`
	S time.Duration `config:"s" validate:"min=1s"`
	T time.Duration `config:"t" validate:"max=1h"`
}

type twenties struct {
	By map[string]twenty `config:"by" validate:"min=1"`
}

type askedTwenties struct{ twenties }

func (a *askedTwenties) Validate() error { return nil }

// BenchmarkCheckOneKey checks a value of 20 000 keys of which one has changed.
func BenchmarkCheckOneKey(b *testing.B) {
	by := map[string]twenty{}
	for i := range 1000 {
		by[fmt.Sprintf("s%04d", i)] = twenty{A: "a", B: "b", C: "host.internal", D: "x", I: 9, J: 3, S: time.Second}
	}
	v := twenties{by}
	one := (*tree.Changes)(nil).WithKey("by", (*tree.Changes)(nil).WithKey("s0500", (*tree.Changes)(nil).WithKey("i", tree.AllChanged)))
	plain, asked := checker[twenties](b), checker[askedTwenties](b)
	for _, work := range []struct {
		name string
		does func() bool
	}{
		{"all", func() bool { return plain.Check(&v, nil) == nil }},
		{"after", func() bool { return stillGood(plain, &v, one) }},
		{"after with a method", func() bool { return stillGood(asked, &askedTwenties{v}, one) }},
	} {
		b.Run(work.name, func(b *testing.B) {
			b.ReportAllocs()
			began := testrun.CPU()
			for b.Loop() {
				if !work.does() {
					b.Fatal("not good")
				}
			}
			b.ReportMetric(float64((testrun.CPU()-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}
