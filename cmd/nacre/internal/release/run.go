package release

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/nacre-go/nacre/cmd/nacre/internal/parallel"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// run works on one journal.
type run struct {
	srv Server
	o   Options
	j   *journal
}

// forward publishes the steps stage by stage, and the manifest.
func (e *run) forward(ctx context.Context) error {
	n := len(e.j.all()) - len(e.j.Deletions)
	published, shown := newCounter(e.o, "publish", n), newCounter(e.o, "read back", n)
	for _, stage := range e.stages() {
		if s := stage[0]; e.j.climbs(s) {
			if err := e.climb(ctx, s); err != nil {
				return err
			}
			published(s.Key)
			shown(s.Key)
			continue
		}
		err := parallel.Each(ctx, e.o.Workers, len(stage), func(ctx context.Context, i int) error {
			s := stage[i]
			err := e.publish(ctx, s.Key, s.Before, s.After, e.content(s.After))
			if err == nil {
				published(s.Key)
			}
			return err
		})
		if err != nil {
			return err
		}
		err = parallel.Each(ctx, e.o.Workers, len(stage), func(ctx context.Context, i int) error {
			err := e.shown(ctx, stage[i].Key, stage[i].After)
			if err == nil {
				shown(stage[i].Key)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stages returns the steps of each stage; the manifest is the last one.
func (e *run) stages() (all [][]step) {
	for _, s := range e.j.Steps {
		if n := len(all); n > 0 && all[n-1][0].Stage == s.Stage {
			all[n-1] = append(all[n-1], s)
		} else {
			all = append(all, []step{s})
		}
	}
	if e.j.Manifest != nil {
		all = append(all, []step{*e.j.Manifest})
	}
	return all
}

// content returns what is published for a side. It names the release where that loses nothing.
func (e *run) content(to side) Content {
	c := Content{Data: to.Data, Author: e.j.Author, KeepTags: to.Metadata == nil}
	c.Metadata.Type = to.Type // of a document that was deleted
	if to.Metadata != nil {
		c.Metadata = *to.Metadata
	}
	return c
}

// describe adds the release to the metadata of a document: a tag, if there are fewer than five, and
// a description, unless a person has written one.
func (j *journal) describe(m nacos.Metadata) nacos.Metadata {
	if m.Description == "" || strings.HasPrefix(m.Description, ownDescription) {
		m.Description = cut(ownDescription+j.Release+" by="+j.Author+": "+j.Reason, 128)
	}
	tags := slices.DeleteFunc(slices.Clone(m.Tags), func(t string) bool { return strings.HasPrefix(t, ownTag) })
	if len(tags) < 5 {
		tags = append(tags, ownTag+j.Release)
	}
	m.Tags = tags
	m.EncryptedDataKey = ""
	return m
}

// ownDescription and ownTag begin what nacre writes.
const (
	ownDescription = "nacre release="
	ownTag         = "release="
)

// cut shortens a text to as many characters as a server counts.
func cut(text string, most int) string {
	n := 0
	for i, r := range text {
		if n += utf16.RuneLen(r); n > most {
			return text[:i]
		}
	}
	return text
}

// publish changes a document from one side to another, and returns nil only if the server has it.
// An error of kind Conflict means that someone else has published it.
func (e *run) publish(ctx context.Context, k Key, from, to side, c Content) error {
	var last error
	for try := range publishTries {
		err := e.send(ctx, k, from, to, c)
		if err == nil {
			return nil
		}
		if !inDoubt(err) && source.KindOf(err) != source.Conflict {
			return err
		}
		last = err
		now, readErr := e.settled(ctx, k, to)
		switch {
		case readErr != nil:
			return errors.Join(err, readErr)
		case now == to.MD5 && now != from.MD5:
			return nil
		case now != from.MD5:
			return conflict(k.String(), "someone else has published it", "make a new plan")
		}
		if try+1 < publishTries {
			if err := e.o.Sleep(ctx, pollEvery<<try); err != nil {
				return err
			}
		}
	}
	return last
}

func (e *run) send(ctx context.Context, k Key, from, to side, c Content) error {
	switch {
	case to.Exists && from.Exists:
		return e.srv.Publish(ctx, k, c, from.MD5)
	case to.Exists:
		return e.srv.Publish(ctx, k, c, onlyCreate)
	case from.Exists: // Nacos deletes without a comparison
		now, err := e.srv.Read(ctx, k) // not late where metadata can be read
		switch {
		case err != nil || !now.Exists():
			return err
		case now.MD5 != from.MD5:
			return conflict(k.String(), "someone else has published it", "see who has published it")
		}
		return e.srv.Delete(ctx, k)
	}
	return nil
}

// inDoubt reports whether a request may have been carried out.
func inDoubt(err error) bool {
	switch source.KindOf(err) {
	case source.Unavailable, source.Timeout, source.Unknown:
		return !errors.Is(err, context.Canceled)
	}
	return false
}

func (e *run) sum(ctx context.Context, k Key) (md5 string, err error) {
	st, err := e.srv.Get(ctx, k)
	return st.MD5, err
}

// settled reads a document until it shows a side, or for long enough that a request without an
// answer has been carried out or never will be.
func (e *run) settled(ctx context.Context, k Key, to side) (md5 string, err error) {
	deadline := e.o.Now().Add(settleWithin)
	for {
		md5, err = e.sum(ctx, k)
		if err == nil && md5 == to.MD5 {
			return md5, nil
		}
		if err != nil && !inDoubt(err) || e.o.Now().After(deadline) {
			return md5, err
		}
		if err := e.o.Sleep(ctx, pollEvery); err != nil {
			return "", err
		}
	}
}

// shown waits until subscribers get a side.
func (e *run) shown(ctx context.Context, k Key, want side) error {
	deadline := e.o.Now().Add(showWithin)
	for {
		md5, err := e.sum(ctx, k)
		if err == nil && md5 == want.MD5 {
			return nil
		}
		if err != nil && !inDoubt(err) {
			return err
		}
		if e.o.Now().After(deadline) {
			if err != nil {
				return err
			}
			return timedOut(k, "the server has accepted the document and does not show it, or someone else has published it")
		}
		if err := e.o.Sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
}

func timedOut(k Key, text string) error {
	return &source.Error{Kind: source.Timeout, Op: "read back", Document: k.String(), Err: errors.New(text), Fix: "check the load of the server and the history of the document"}
}

// Outcome is what a server has of one document of a release.
type Outcome struct {
	Key   Key    `json:"key"`
	State string `json:"state"` // "target", "base", "other" or "unknown"
}

// The states of a document.
const (
	stateTarget  = "target"
	stateBase    = "base"
	stateOther   = "other"
	stateUnknown = "unknown"
)

// back undoes the steps that are done, in the reverse order, and returns what the server has then.
// It continues after an error, and after the end of ctx.
func (e *run) back(ctx context.Context) []Outcome {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	_ = e.o.Sleep(ctx, createWait) // an earlier request may still be on its way
	stages := e.stages()
	if len(e.j.Deletions) > 0 {
		stages = append(stages, e.j.Deletions)
	}
	slices.Reverse(stages)
	var all []Outcome
	done := newCounter(e.o, "undo", len(e.j.all()))
	for _, stage := range stages {
		outcomes := make([]Outcome, len(stage))
		_ = parallel.Each(ctx, e.o.Workers, len(stage), func(ctx context.Context, i int) error {
			outcomes[i] = e.takeBack(ctx, stage[i])
			done(stage[i].Key)
			return nil
		})
		for i, o := range outcomes {
			if o.State == "" { // ctx has ended
				outcomes[i] = Outcome{Key: stage[i].Key, State: stateUnknown}
			}
		}
		all = append(all, outcomes...)
	}
	slices.Reverse(all)
	return all
}

func (e *run) takeBack(ctx context.Context, s step) Outcome {
	out := Outcome{Key: s.Key, State: stateUnknown}
	md5, err := e.settledAt(ctx, s)
	switch {
	case err != nil:
		return out
	case md5 == s.Before.MD5 && md5 != s.After.MD5:
		out.State = stateBase
		return out
	}
	from, ours := s.published(md5)
	if md5 == s.After.MD5 { // of a document of which only the type changes, too
		from, ours = s.After, true
	}
	if !ours {
		out.State = stateOther
		return out
	}
	out.State = stateTarget
	c := e.content(s.Before)
	switch err := e.publish(ctx, s.Key, from, s.Before, c); {
	case err == nil && e.shown(ctx, s.Key, s.Before) == nil:
		out.State = stateBase
	case source.KindOf(err) == source.Conflict:
		out.State = stateOther
	case inDoubt(err):
		out.State = stateUnknown
	}
	return out
}

// settledAt reads a document, again and again while the server does not answer.
func (e *run) settledAt(ctx context.Context, s step) (md5 string, err error) {
	deadline := e.o.Now().Add(showWithin)
	for {
		md5, err = e.sum(ctx, s.Key)
		if err == nil || !inDoubt(err) || e.o.Now().After(deadline) {
			return md5, err
		}
		if err := e.o.Sleep(ctx, time.Second); err != nil {
			return "", err
		}
	}
}
