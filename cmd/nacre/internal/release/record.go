package release

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// Record is the document of a server that says which release an environment has, or is getting.
type Record struct {
	SchemaVersion int       `json:"schema_version"`
	Environment   string    `json:"environment"`
	Phase         string    `json:"phase"` // "idle", "applying", "applied" or "undone"
	Release       string    `json:"release,omitempty"`
	Undoes        string    `json:"undoes,omitempty"`
	Author        string    `json:"author,omitempty"`
	Reason        string    `json:"reason,omitempty"`
	TraceParent   string    `json:"traceparent,omitempty"`
	Began         time.Time `json:"began,omitzero"`
	Ended         time.Time `json:"ended,omitzero"`
	Documents     int       `json:"documents,omitempty"`
	Holder        string    `json:"holder,omitempty"`
	// Last is the release that was applied last.
	Last string `json:"last,omitempty"`
	// Inventory lists the documents of the environment.
	Inventory inventory `json:"inventory,omitempty"`
}

const phaseIdle = "idle"

// recordPrefix begins the data IDs of records, in the group of documents that name none.
const recordPrefix = "nacre.release."

// probePrefix begins the data IDs that nacos.Client.ProbeIfMD5 publishes and removes.
const probePrefix = "nacre.probe."

// IsRecord reports whether a data ID is that of a record of a release, or of the document with
// which a client probes a server. Both belong to one server, and are not configuration.
func IsRecord(dataID string) bool {
	return strings.HasPrefix(dataID, recordPrefix) || strings.HasPrefix(dataID, probePrefix)
}

func recordKey(srv Server, environment string) Key {
	return Key{Group: srv.Group(), DataID: recordPrefix + environment}
}

func (r Record) text() []byte {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil // no field can fail
	}
	return append(text, '\n')
}

// ReadRecord returns the record of an environment. One that does not exist is idle.
func ReadRecord(ctx context.Context, srv Server, environment string) (Record, error) {
	r, _, err := readRecord(ctx, srv, environment)
	return r, err
}

func readRecord(ctx context.Context, srv Server, environment string) (Record, State, error) {
	k := recordKey(srv, environment)
	idle := Record{SchemaVersion: 1, Environment: environment, Phase: phaseIdle}
	st, err := srv.Read(ctx, k)
	if err != nil || !st.Exists() {
		return idle, st, err
	}
	r, err := parseRecord(k, environment, st)
	if err != nil {
		return idle, st, err
	}
	return r, st, nil
}

func parseRecord(k Key, environment string, st State) (r Record, err error) {
	if json.Unmarshal(st.Content, &r) != nil || r.SchemaVersion != 1 || r.Environment != environment {
		return Record{}, conflict(k.String(), "is not a record of nacre of this version", "see who has published it, and delete it if no release is being applied")
	}
	return r, nil
}

// busy is the error of a record that names another release.
func (r Record) busy(environment string) error {
	return conflict(environment, r.state(), r.forward())
}

// state says that a release is not finished, which one, and whose.
func (r Record) state() string {
	return fmt.Sprintf("release %s, begun by %s at %s, has not been finished", r.Release, r.Author, r.Began.UTC().Format(time.RFC3339))
}

// forward says how a release that is not finished is finished or undone.
func (r Record) forward() string {
	return "wait for it; if it has failed, " + forward(r.Environment, r.Release, r.Undoes) + ", where it was begun; " +
		"if that machine is lost, make a new plan and apply it with --take-over " + r.Release
}

// seen is the record as it was before the documents were read.
type seen struct {
	record Record
	state  State
}

// look reads the record before a release. A caller that reads the documents after it, and then
// claims the record that was seen, knows that no other release has changed them in between.
func look(ctx context.Context, srv Server, environment string, o Options) (seen, error) {
	r, st, err := readRecord(ctx, srv, environment)
	if err == nil && r.Phase == phaseApplying && (o.TakeOver == "" || r.Release != o.TakeOver) {
		err = r.busy(environment)
	}
	return seen{r, st}, err
}

// claim makes the journal's release the one that is being applied. Of several who claim at once one
// succeeds, and the others get a conflict.
func (e *run) claim(ctx context.Context, was seen) error {
	if !was.state.Exists() {
		k := recordKey(e.srv, e.j.Environment)
		st, err := e.createRecord(ctx, k, was.record)
		if err != nil {
			return err
		}
		if st.MD5 != md5Of(was.record.text()) {
			return e.overtaken(ctx)
		}
		was.state = st
	}
	err := e.setRecord(ctx, was.state, phaseApplying, was.record.Last)
	if source.KindOf(err) == source.Conflict {
		return e.overtaken(ctx)
	}
	return err
}

// overtaken is the error of a release that others have come before.
func (e *run) overtaken(ctx context.Context) error {
	r, err := ReadRecord(ctx, e.srv, e.j.Environment)
	if err == nil && r.Phase == phaseApplying {
		return r.busy(e.j.Environment)
	}
	return conflict(e.j.Environment, "another release was applied meanwhile", "make a new plan")
}

// createRecord creates the record and waits: a creation is not atomic in Nacos, so that several may
// believe that they have created it. All of them write the same text, and claim it later.
func (e *run) createRecord(ctx context.Context, k Key, idle Record) (State, error) {
	err := e.publish(ctx, k, side{}, newSide(idle.text(), nil), e.recordContent(idle))
	if err != nil && source.KindOf(err) != source.Conflict { // a conflict: it is there, and claimed
		return State{}, err
	}
	if err := e.o.Sleep(ctx, createWait); err != nil {
		return State{}, err
	}
	deadline := e.o.Now().Add(showWithin)
	for {
		st, err := e.srv.Read(ctx, k)
		if err == nil && st.Exists() {
			return st, nil
		}
		if err != nil && !inDoubt(err) {
			return st, err
		}
		if e.o.Now().After(deadline) {
			return st, timedOut(k, "the server does not show the record of the release")
		}
		if err := e.o.Sleep(ctx, pollEvery); err != nil {
			return st, err
		}
	}
}

func (e *run) recordContent(r Record) Content {
	return Content{Data: r.text(), Author: e.j.Author, Metadata: nacos.Metadata{
		Type: "json", App: "nacre", Description: "which release " + cut(e.j.Environment, 64) + " has; nacre writes it",
	}}
}

// setRecord replaces the record that was read.
func (e *run) setRecord(ctx context.Context, was State, phase, last string) error {
	r := Record{
		SchemaVersion: 1, Environment: e.j.Environment, Phase: phase, Release: e.j.Release, Undoes: e.j.Undoes, Author: e.j.Author,
		Reason: e.j.Reason, TraceParent: e.j.Trace, Began: e.j.Began, Documents: len(e.j.Steps) + len(e.j.Deletions), Holder: e.j.Holder, Last: last, Inventory: e.j.listed(phase),
	}
	if phase != phaseApplying {
		r.Ended = e.o.Now().UTC().Truncate(time.Second)
	}
	if e.j.TookOver != nil && phase == phaseUndone { // what was half done before is so again
		r = *e.j.TookOver
	}
	text := r.text()
	s := step{Key: recordKey(e.srv, e.j.Environment), Before: sideOf(was), After: newSide(text, nil)}
	c := e.recordContent(r)
	return e.publish(ctx, s.Key, s.Before, s.After, c)
}

// finish ends the claim.
func (e *run) finish(ctx context.Context, phase string) error {
	r, st, err := readRecord(ctx, e.srv, e.j.Environment)
	if err != nil {
		return err
	}
	if r.Holder != e.j.Holder {
		return conflict(recordKey(e.srv, e.j.Environment).String(), "another release has taken over", "see who has applied it")
	}
	if r.Phase == phase {
		return nil
	}
	last := r.Last
	if phase == phaseApplied {
		last = e.j.Release
	}
	return e.setRecord(ctx, st, phase, last)
}
