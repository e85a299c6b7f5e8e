package oncetest_test

import (
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/nacre-go/nacre/internal/once/oncesim"
)

// model is a register with compare-and-set. Its state is the nonce that it has.
var model = porcupine.NondeterministicModel{
	Init: func() []any { return []any{"created"} },
	Step: func(state, input, output any) []any {
		op, ok := input.(oncesim.Claim)
		if !ok {
			return nil
		}
		applied, not := []any{op.Next}, []any{state}
		holds := state == op.Prior
		switch output {
		case oncesim.Won:
			if holds {
				return applied
			}
			return nil
		case oncesim.Lost:
			if holds {
				return nil // it would have been applied
			}
			return not
		case oncesim.Replaced:
			if holds {
				return applied // another one followed before the instance looked
			}
			return not
		}
		if holds {
			return []any{op.Next, state} // its request may have been lost with the instance
		}
		return not
	},
	Equal: func(a, b any) bool { return a == b },
}

// operations returns a history for the checker. What an instance did not learn before it was killed
// may happen until the end.
func operations(r *oncesim.Result) []porcupine.Operation {
	end := time.Duration(0)
	for _, c := range r.Claims {
		end = max(end, c.Return)
	}
	var all []porcupine.Operation
	for _, c := range r.Claims {
		last := c.Return
		if c.Outcome == oncesim.Unknown {
			last = end + 1
		}
		all = append(all, porcupine.Operation{ClientId: c.Client, Input: c, Call: int64(c.Call), Output: c.Outcome, Return: int64(last)})
	}
	return all
}

func TestClaimsAreLinearizable(t *testing.T) {
	t.Parallel()
	seeds := 300
	if os.Getenv("NACRE_FULL") == "1" {
		seeds = 3000
	}
	checked := model.ToModel()
	for _, s := range oncesim.Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			claims := 0
			for seed := range uint64(seeds) {
				r := oncesim.Play(s, seed)
				history := operations(r)
				claims += len(history)
				if porcupine.CheckOperationsTimeout(checked, history, time.Minute) != porcupine.Ok {
					for _, c := range r.Claims {
						t.Logf("%+v", c)
					}
					t.Fatalf("the claims of seed %d are not linearizable", seed)
				}
			}
			t.Logf("%d claims and ends of claims in %d schedules", claims, seeds)
		})
	}
}

// The checker finds what it is there for: two instances that both believe to have won.
func TestTheCheckerFindsTwoWinners(t *testing.T) {
	t.Parallel()
	checked := model.ToModel()
	history := func(change func([]oncesim.Claim)) []porcupine.Operation {
		claims := []oncesim.Claim{
			{Client: 1, Prior: "created", Next: "a", Call: 0, Return: 10, Outcome: oncesim.Won},
			{Client: 2, Prior: "created", Next: "b", Call: 5, Return: 15, Outcome: oncesim.Lost},
			{Client: 2, Prior: "a", Next: "c", Call: 20, Return: 30, Outcome: oncesim.Won},
		}
		change(claims)
		return operations(&oncesim.Result{Claims: slices.Clone(claims)})
	}
	for _, c := range []struct {
		name   string
		change func([]oncesim.Claim)
		want   bool
	}{
		{"one winner", func([]oncesim.Claim) {}, true},
		{"two winners", func(c []oncesim.Claim) { c[1].Outcome = oncesim.Won }, false},
		{"no winner", func(c []oncesim.Claim) { c[0].Outcome = oncesim.Lost }, false},
		{"a winner that was killed", func(c []oncesim.Claim) { c[0].Outcome = oncesim.Unknown }, true},
		{"a winner after another one", func(c []oncesim.Claim) { c[2].Prior = "created" }, false},
	} {
		if got := porcupine.CheckOperations(checked, history(c.change)); got != c.want {
			t.Errorf("%s: linearizable is %v, want %v", strconv.Quote(c.name), got, c.want)
		}
	}
}
