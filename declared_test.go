package nacre_test

import (
	"context"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/source"
)

type (
	declaredDB struct {
		Pool int          `config:"pool" default:"10" validate:"gte=1,lte=100"`
		DSN  nacre.Secret `config:"dsn"`
	}
	declaredTree struct {
		Name     string         `config:"name"`
		Children []declaredTree `config:"children"`
	}
	declaredLeft struct {
		Right *declaredRight `config:"right"`
	}
	declaredRight struct {
		Left *declaredLeft `config:"left"`
		Deep int           `config:"deep"`
	}
	declaredBase struct {
		DB   declaredDB        `config:"db"`
		Addr string            `config:"addr" live:"false"`
		Tags map[string]string `config:"tags"`
		Tree declaredTree      `config:"tree"`
	}
)

// structOf returns the digest of a struct as Health has it.
func structOf[T any](t *testing.T) string {
	t.Helper()
	return openMemory[T](t, memory.New("a.yaml", []byte("{}\n"))).Health().Struct
}

func openMemory[T any](t *testing.T, layers ...source.Source) *nacre.Config[T] {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cfg, err := nacre.OpenWith[T](ctx, nacre.Options{Logger: quiet.Logger, LastKnownGoodDisabled: true}, layers...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Close() })
	return cfg
}

// What binds documents alike has one digest, and what does not has another.
func TestTheDigestOfAStruct(t *testing.T) {
	t.Parallel()
	base := structOf[declaredBase](t)
	if !regexp.MustCompile(`^s1-[0-9a-f]{12}$`).MatchString(base) {
		t.Errorf("the digest is %q, want s1- and 12 hexadecimal digits", base)
	}
	// Instances of different builds compare it: another encoding needs another prefix.
	if was := "s1-9fd843a749a3"; base != was {
		t.Errorf("the digest is %s, was %s: instances with two versions of nacre would differ", base, was)
	}
	for name, same := range map[string]string{
		"itself": structOf[declaredBase](t),
		"in another order, with other names in Go and texts for people": structOf[struct {
			T    declaredTree `config:"tree" doc:"a tree"`
			Data struct {
				Secret nacre.Secret `config:"dsn"`
				Size   int          `config:"pool" validate:"gte=1,lte=100" default:"10" deprecated:"use size" doc:"connections"`
			} `config:"db"`
			Tags map[string]string `config:"tags"`
			Addr string            `config:"addr" live:"false"`
		}](t),
		"with the fields of an embedded struct": structOf[struct {
			declaredBase
		}](t),
	} {
		if same != base {
			t.Errorf("a struct %s has the digest %s, want %s", name, same, base)
		}
	}
	seen := map[string]string{base: "the struct"}
	for name, digest := range map[string]string{
		"a key more": structOf[struct {
			declaredBase
			More int `config:"more"`
		}](t),
		"another name": structOf[struct {
			DB      declaredDB        `config:"db"`
			Address string            `config:"address" live:"false"`
			Tags    map[string]string `config:"tags"`
			Tree    declaredTree      `config:"tree"`
		}](t),
		"an old name": structOf[struct {
			DB   declaredDB        `config:"db"`
			Addr string            `config:"addr" live:"false" alias:"address"`
			Tags map[string]string `config:"tags"`
			Tree declaredTree      `config:"tree"`
		}](t),
		"live": structOf[struct {
			DB   declaredDB        `config:"db"`
			Addr string            `config:"addr"`
			Tags map[string]string `config:"tags"`
			Tree declaredTree      `config:"tree"`
		}](t),
		"another default below": structOf[struct {
			DB struct {
				Pool int          `config:"pool" default:"20" validate:"gte=1,lte=100"`
				DSN  nacre.Secret `config:"dsn"`
			} `config:"db"`
			Addr string            `config:"addr" live:"false"`
			Tags map[string]string `config:"tags"`
			Tree declaredTree      `config:"tree"`
		}](t),
		"another rule below": structOf[struct {
			DB struct {
				Pool int          `config:"pool" default:"10" validate:"gte=1"`
				DSN  nacre.Secret `config:"dsn"`
			} `config:"db"`
			Addr string            `config:"addr" live:"false"`
			Tags map[string]string `config:"tags"`
			Tree declaredTree      `config:"tree"`
		}](t),
		"no secret": structOf[struct {
			DB struct {
				Pool int    `config:"pool" default:"10" validate:"gte=1,lte=100"`
				DSN  string `config:"dsn"`
			} `config:"db"`
			Addr string            `config:"addr" live:"false"`
			Tags map[string]string `config:"tags"`
			Tree declaredTree      `config:"tree"`
		}](t),
		"a list that is merged": structOf[struct {
			DB   declaredDB        `config:"db"`
			Addr string            `config:"addr" live:"false"`
			Tags map[string]string `config:"tags"`
			Tree struct {
				Name     string         `config:"name"`
				Children []declaredTree `config:"children" merge:"append"`
			} `config:"tree"`
		}](t),
		"another type of the values of a map": structOf[struct {
			DB   declaredDB     `config:"db"`
			Addr string         `config:"addr" live:"false"`
			Tags map[string]int `config:"tags"`
			Tree declaredTree   `config:"tree"`
		}](t),
		"types that contain each other": structOf[struct {
			Left  declaredLeft  `config:"left"`
			Right declaredRight `config:"right"`
		}](t),
		"one of them": structOf[declaredLeft](t),
		"a map":       structOf[map[string]string](t),
	} {
		if other, is := seen[digest]; is {
			t.Errorf("%s has the digest %s, as %s has", name, digest, other)
		}
		seen[digest] = name
	}
	swapped := structOf[struct {
		Right declaredRight `config:"right"`
		Left  declaredLeft  `config:"left"`
	}](t)
	if seen[swapped] != "types that contain each other" {
		t.Error("the order of fields whose types contain each other counts")
	}
}

// Sections that Options.Sections declares are part of what an instance binds. Those that a package
// binds later are not: they come and go while the process runs.
func TestTheDigestOfSections(t *testing.T) {
	t.Parallel()
	open := func(sections ...nacre.SectionDeclaration) *nacre.Config[declaredDB] {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cfg, err := nacre.OpenWith[declaredDB](ctx, nacre.Options{Logger: quiet.Logger, LastKnownGoodDisabled: true, Sections: sections}, memory.New("a.yaml", []byte("pool: 2\n")))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cfg.Close() })
		return cfg
	}
	alone, reserved := open(), open(nacre.ReserveSection("cache"))
	declared := open(nacre.DeclareSection[declaredRight]("cache"))
	if alone.Health().Struct == declared.Health().Struct {
		t.Error("a section that is declared is not part of the digest")
	}
	before := reserved.Health().Struct
	section, err := nacre.Section[declaredRight](t.Context(), reserved, "cache")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = section.Close() })
	if after := reserved.Health().Struct; after != before {
		t.Errorf("the digest changes from %s to %s when a package binds a section", before, after)
	}
}

// The default of a secret is a secret: a digest must not let it be guessed.
func TestTheDigestOfAStructLeavesSecretsOut(t *testing.T) {
	t.Parallel()
	type one struct {
		DSN nacre.Secret `config:"dsn" default:"hunter2"`
		PIN string       `config:"pin" secret:"true" default:"1234"`
	}
	type another struct {
		DSN nacre.Secret `config:"dsn" default:"hunter3"`
		PIN string       `config:"pin" secret:"true" default:"1235"`
	}
	if structOf[one](t) != structOf[another](t) {
		t.Error("the digest depends on the default of a secret")
	}
}

// acquainted is a source that knows the process by names of its own.
type acquainted struct {
	source.Source
	description source.Description
}

func (n acquainted) Describe() source.Description { return n.description }
func (n acquainted) Unwrap() source.Source        { return n.Source }

// An instance has the names that its lowest layer with a name knows it by, and otherwise those of
// the program and of the host.
func TestAnInstanceKnowsWhoItIs(t *testing.T) {
	t.Parallel()
	host, _ := os.Hostname()
	open := func(layers ...source.Source) observe.Instance {
		return openMemory[map[string]string](t, layers...).Health().Instance
	}
	document := func() source.Source { return memory.New("a.yaml", []byte("a: b\n")) }
	of := func(d source.Description) source.Source { return acquainted{document(), d} }

	plain := open(document())
	if plain.Service != "nacre.test" || plain.ID != host || plain.Host != host || plain.Process == "" {
		t.Errorf("without a name the instance is %+v, want the program nacre.test and the host %s", plain, host)
	}
	told := open(document(), of(source.Description{Service: "orders", InstanceID: "orders-3"}), of(source.Description{Service: "other", ServiceVersion: "v2.3.1", InstanceID: "other-1"}))
	want := observe.Instance{Service: "orders", Version: "v2.3.1", ID: "orders-3", Host: host, Process: plain.Process}
	if told != want {
		t.Errorf("the instance is %+v, want %+v", told, want)
	}
}
