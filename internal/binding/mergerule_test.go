package binding_test

import (
	"testing"

	"github.com/nacre-go/nacre/internal/binding"
	"github.com/nacre-go/nacre/internal/tree"
)

type mergedHost struct {
	Name  string   `config:"name"`
	Pass  string   `config:"pass" secret:"true"`
	Ports []string `config:"ports" merge:"append"`
}

func TestMergeTags(t *testing.T) {
	t.Parallel()
	type config struct {
		Hosts  []mergedHost            `config:"hosts" merge:"key=name"`
		Other  []mergedHost            `config:"other"`
		Refs   *[]*mergedHost          `config:"refs" merge:"index"`
		Pair   [2]string               `config:"pair" merge:"index"`
		By     map[string][]mergedHost `config:"by" merge:"key=name"`
		ByNone map[string][]mergedHost `config:"by_none"`
		Maps   []map[string]string     `config:"maps" merge:"key=id"`
		Lists  [][]string              `config:"lists" merge:"append"`
		Rest   map[string][]string     `config:",remain" merge:"append"`
	}
	plan, err := binding.Compile[config]()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"hosts": "key=name", "hosts[0].ports": "append", "other": "", "other[0].ports": "append", "refs": "index", "pair": "index",
		"by.x": "key=name", "by_none.x": "", "maps": "key=id", "lists": "append", "lists[0]": "", "anything": "append",
	} {
		p, _ := tree.ParsePath(path)
		shape, _ := plan.Shape().Lookup(p)
		if shape == nil || shape.Kind != tree.ListOf || shape.Merge.String() != want {
			t.Errorf("the lists at %s merge by %v, want %q", path, shape, want)
		}
	}
	if shape, _ := plan.Shape().Lookup(tree.Path{"hosts"}); shape.Field != "binding_test.config.Hosts" {
		t.Errorf("the field of hosts is %q: an error would not say where the tag belongs", shape.Field)
	}
}

func TestWrongMergeTags(t *testing.T) {
	t.Parallel()
	type loop map[string]loop
	type config struct {
		A []mergedHost            `config:"a" merge:"first"`
		B []mergedHost            `config:"b" merge:"key="`
		C []mergedHost            `config:"c" merge:"key=nam"`
		D []mergedHost            `config:"d" merge:"key=ports"`
		E []mergedHost            `config:"e" merge:"key=pass"`
		F []string                `config:"f" merge:"key=name"`
		G string                  `config:"g" merge:"append"`
		H [2]string               `config:"h" merge:"append"`
		I []byte                  `config:"i" merge:"append"`
		J map[string]string       `config:"j" merge:"append"`
		K loop                    `config:"k" merge:"append"`
		L []string                `config:"-" merge:"append"`
		M struct{ X []string }    `config:",squash" merge:"append"`
		N map[string][]mergedHost `config:"n" merge:"key=nam"`
	}
	_, err := binding.Compile[config]()
	if err == nil {
		t.Fatal("wrong merge tags compile")
	}
	const lines = `a: binding_test.config.A: the merge tag must be replace, append, index or key=…
b: binding_test.config.B: the merge tag names no key; write merge:"key=name" with a key of the items
binding_test.config.L: a field that is not bound cannot have a merge tag
binding_test.config.M: a merge tag needs a list, or a map of lists; other values always merge in the same way
c: binding_test.config.C: the merge tag names the key nam, which the items do not have; their keys are name, pass, ports
d: binding_test.config.D: the merge tag names the key ports, which is not a single value
e: binding_test.config.E: the merge tag names the key pass, which is a secret: which items match would show its value
f: binding_test.config.F: the merge tag matches items by a key, and these items have none; use append, index or replace
g: binding_test.config.G: a merge tag needs a list, or a map of lists; other values always merge in the same way
h: binding_test.config.H: an array has a fixed length, so its merge tag must be index or replace
i: binding_test.config.I: a merge tag needs a list, or a map of lists; other values always merge in the same way
j: binding_test.config.J: a merge tag needs a list, or a map of lists; other values always merge in the same way
k: binding_test.config.K: a merge tag needs a list, or a map of lists; other values always merge in the same way
n: binding_test.config.N: the merge tag names the key nam, which the items do not have; their keys are name, pass, ports`
	if got := err.Error(); got != lines {
		t.Errorf("the mistakes are\n%s\nwant\n%s", got, lines)
	}
}
