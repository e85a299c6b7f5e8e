package nacre_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/internal/synctest"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

// countedPart is a part that counts the calls of its method.
type countedPart struct {
	Names []string          `config:"names"`
	By    map[string]string `config:"by"`
	Says  string            `config:"says" validate:"ne=forbidden"`
}

var countedCalls int

func (c *countedPart) Validate() error {
	if countedCalls++; c.Says == "bad" {
		return errors.New("says bad")
	}
	return nil
}

type takenConfig struct {
	Part *countedPart `config:"part"`
	Free struct {
		Tags []string `config:"tags"`
	} `config:"free"`
	Limit int `config:"limit" validate:"lte=100"`
}

// takenRoot has a method that writes into what it checks when its limit is 5.
type takenRoot struct {
	takenConfig
}

func (r *takenRoot) Validate() error {
	if r.Limit == 5 {
		r.Part.Names[0], r.Part.By["k"] = "written", "written"
	}
	if r.Limit == 6 {
		r.Part.Names[0] = "written"
		return errors.New("six is refused")
	}
	return nil
}

const takenPart = "part: {names: [a, b], by: {k: v}, says: hi}\nfree: {tags: [x]}\n"

// A change of one layer validates again only what may differ, and the rest is that of the version
// before. This test counts calls, so that it is not parallel.
func TestOnlyWhatMayDifferIsValidatedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		part, limit := memory.New("part.yaml", []byte(takenPart)), memory.New("limit.yaml", []byte("limit: 1"))
		cfg, err := nacre.OpenWith[takenConfig](t.Context(), quiet, part, limit)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		first := cfg.Get()
		countedCalls = 0
		limit.Set([]byte("limit: 2"))
		settle()
		if second := cfg.Get(); second.Limit != 2 || second.Part != first.Part || countedCalls != 0 {
			t.Errorf("another limit calls the method of the part %d times; its address is another one: %v", countedCalls, second.Part != first.Part)
		}
		part.Set([]byte("part: {names: [a, b], by: {k: v}, says: bad}\nfree: {tags: [x]}\n"))
		settle()
		if live := cfg.Get(); live.Part != first.Part || len(cfg.Health().Layers[0].Rejected) != 1 {
			t.Errorf("a part that says bad gives %+v", live.Part)
		}
		part.Set([]byte("part: {names: [a, b], by: {k: v}, says: forbidden}\nfree: {tags: [x]}\n"))
		settle()
		if live := cfg.Get(); live.Part != first.Part {
			t.Errorf("a part that breaks a rule gives %+v", live.Part)
		}
		limit.Set([]byte("limit: 101"))
		settle()
		if live := cfg.Get(); live.Limit != 2 {
			t.Errorf("a limit that breaks a rule is live")
		}
	})
}

// A method of the whole that writes into the next version does not write into the live one, also if
// it refuses the next one.
func TestAMethodDoesNotWriteIntoTheLiveVersion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		part, limit := memory.New("part.yaml", []byte(takenPart)), memory.New("limit.yaml", []byte("limit: 1"))
		cfg, err := nacre.OpenWith[takenRoot](t.Context(), quiet, part, limit)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		first := cfg.Get()
		want := countedPart{Names: []string{"a", "b"}, By: map[string]string{"k": "v"}, Says: "hi"}
		limit.Set([]byte("limit: 6"))
		settle()
		if cfg.Get() != first || !reflect.DeepEqual(*first.Part, want) {
			t.Errorf("a version that was refused has written into the live one: %+v", first.Part)
		}
		limit.Set([]byte("limit: 5"))
		settle()
		second := cfg.Get()
		if second.Part.Names[0] != "written" || !reflect.DeepEqual(*first.Part, want) {
			t.Errorf("the method made %+v, and the version before is %+v", second.Part, first.Part)
		}
		limit.Set([]byte("limit: 7"))
		settle()
		if third := cfg.Get(); third.Limit != 7 || !reflect.DeepEqual(*third.Part, want) {
			t.Errorf("what the method wrote at limit 5 is still there at limit 7: %+v", third.Part)
		}
	})
}

// What a service writes into the live version, which it must not do, is not in the next one.
func TestWhatAServiceWroteIsNotTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		part, limit := memory.New("part.yaml", []byte(takenPart)), memory.New("limit.yaml", []byte("limit: 1"))
		cfg, err := nacre.OpenWith[takenConfig](t.Context(), quiet, part, limit)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		cfg.Get().Free.Tags[0], cfg.Get().Part.By["k"] = "mine", "mine"
		limit.Set([]byte("limit: 2"))
		settle()
		if live := cfg.Get(); live.Limit != 2 || live.Free.Tags[0] != "x" || live.Part.By["k"] != "v" {
			t.Errorf("the next version is %+v with %+v", live, live.Part)
		}
	})
}

// A service must not change a value of Get. If it does, an event names the key, and the next
// version has the value of the document again.
func TestAServiceThatWritesIntoItsConfigIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failed []string
		o := quiet
		o.SelfCheckEvery = 1
		o.Observers = []observe.Observer{func(e observe.Event) {
			if e.Kind == observe.SelfCheckFailed {
				failed = append(failed, e.Reasons...)
			}
		}}
		part, limit := memory.New("part.yaml", []byte(takenPart)), memory.New("limit.yaml", []byte("limit: 1"))
		cfg, err := nacre.OpenWith[takenConfig](t.Context(), o, part, limit)
		if err != nil {
			t.Fatal(err)
		}
		defer cfg.Close()
		limit.Set([]byte("limit: 2"))
		settle()
		if failed != nil {
			t.Fatalf("a service that changes nothing has the event %q", failed)
		}
		cfg.Get().Free.Tags[0] = "written"
		limit.Set([]byte("limit: 3"))
		settle()
		if len(failed) != 1 || !strings.HasSuffix(failed[0], ": free.tags") && !strings.HasSuffix(failed[0], ": free.tags[0]") {
			t.Errorf("a service that changes free.tags has the events %q", failed)
		}
		if live := cfg.Get(); live.Limit != 3 || live.Free.Tags[0] != "x" {
			t.Errorf("the next version has %+v", live)
		}
	})
}
