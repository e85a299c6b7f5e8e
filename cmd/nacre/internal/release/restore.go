package release

import (
	"context"
	"errors"
	"fmt"

	"github.com/nacre-go/nacre/cmd/nacre/internal/check"
	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/policy"
	"github.com/nacre-go/nacre/cmd/nacre/internal/repository"
	"github.com/nacre-go/nacre/source"
)

// Reversal is what a rollback of a release does, and what the server has then.
type Reversal struct {
	// Changes are those of the release, reversed: what it creates is deleted, and so on.
	Changes []Change
	// States are the documents that are known, as the rollback leaves them. A document that is not
	// in it stays as it is on the server.
	States map[Key]State
}

// Validity is what is wrong with the state that a rollback restores. A service cannot read a state
// with problems. The rules of Policy are for information: a rollback undoes what was permitted.
type Validity struct {
	Problems []check.Problem    `json:"problems,omitempty"`
	Policy   []policy.Violation `json:"policy,omitempty"`
}

// Errors is the number of problems for which a service would reject the state.
func (v *Validity) Errors() (n int) {
	for _, p := range v.Problems {
		if p.IsError() {
			n++
		}
	}
	return n
}

// validity checks what a rollback restores, by the form of each document and by o.Validate.
func (r Reversal) validity(ctx context.Context, o Options) (*Validity, error) {
	v := &Validity{}
	for _, c := range r.Changes {
		st := r.States[c.Key]
		if !st.Exists() {
			continue
		}
		d := repository.Document{DataID: c.DataID, Type: st.Type, File: c.Key.String(), Content: st.Content}
		for _, p := range ProblemsOf(ctx, c.Key.DataID, d) {
			v.Problems = append(v.Problems, check.ProblemOf(p))
		}
	}
	if o.Validate == nil || len(r.Changes) == 0 {
		return v, nil
	}
	more, err := o.Validate(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(v.Problems) == 0 { // or the same mistakes would be reported twice
		v.Problems = more.Problems
	}
	v.Policy = more.Policy
	return v, nil
}

// reversed is the change that undoes a change.
func (c Change) reversed() Change {
	back := c
	back.Keys, back.Routes = nil, nil
	for _, k := range c.Keys {
		switch k.Op {
		case "added":
			k.Op = "removed"
		case "removed":
			k.Op = "added"
		}
		back.Keys = append(back.Keys, k)
	}
	switch c.Action {
	case actionCreate:
		back.Action = actionDelete
	case actionDelete:
		back.Action = actionCreate
	}
	return back
}

// reversal returns what a rollback of the plan would do, by the states before it.
func (p *Plan) reversal(keys []Key, states []State) Reversal {
	r := Reversal{States: map[Key]State{}}
	for i, k := range keys {
		if p.Manifest == nil || k != p.Manifest.Key {
			r.States[k] = states[i]
		}
	}
	for _, c := range p.Documents {
		r.Changes = append(r.Changes, c.reversed())
	}
	return r
}

// reversal returns what the release of a journal does; j is a rollback.
func (j *journal) reversal(ctx context.Context) Reversal {
	r := Reversal{States: map[Key]State{}}
	for _, s := range append(j.Steps[:len(j.Steps):len(j.Steps)], j.Deletions...) {
		st := State{Content: s.After.Data, MD5: s.After.MD5, Type: s.After.Type}
		if s.After.Metadata != nil {
			st.Type = s.After.Metadata.Type
		}
		c := Change{Document: Document{Key: s.Key, BaseMD5: s.Before.MD5}, MD5: s.After.MD5, Type: st.Type, Action: actionUpdate}
		switch {
		case !s.Before.Exists:
			c.Action = actionCreate
		case !s.After.Exists:
			c.Action = actionDelete
		}
		c.Keys, _ = compareKeys(ctx, s.Key, st.Type, s.Before.Data, s.After.Data)
		r.States[s.Key] = st
		r.Changes = append(r.Changes, c)
	}
	return r
}

// errInvalid is the error of a rollback that restores what no service can read.
func (v *Validity) err(release string) error {
	return exit.With(exit.Invalid, &source.Error{Kind: source.Invalid, Op: "roll back", Document: "release " + release,
		Err: errors.New("a service would reject the state before it: " + v.text())},
		"correct the documents with a new release, or give --override "+policy.InvalidRollback+" with a --reason that says why")
}

func (v *Validity) text() string {
	text, more := "", -1
	for _, p := range v.Problems {
		if p.IsError() {
			if more++; text == "" {
				text = p.Text
			}
		}
	}
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
