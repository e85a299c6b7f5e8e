package fleetonce

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nacre-go/nacre/internal/once"
	"github.com/nacre-go/nacre/source"
)

// Store holds one record, which instances change by compare-and-set. Its methods are safe for
// concurrent use. They return when ctx ends; their errors have a [source.Kind]. Package
// fleetoncetest checks an implementation.
type Store interface {
	// Name returns the name of the record, for people.
	Name() string
	// Load returns the record. It may return an older one that the store has had, but the newest
	// one sooner or later. A record that does not exist is an error of kind NotFound.
	Load(ctx context.Context) (Record, error)
	// CompareAndSwap replaces the record if its revision is the given one, and returns the revision
	// of the new record. If the record has another revision, the error is of kind Conflict. After
	// any other error the record may or may not be replaced, except after those of kind
	// PermissionDenied and InvalidArgument. Of several concurrent calls for one revision at most
	// one replaces the record.
	CompareAndSwap(ctx context.Context, revision string, data []byte) (string, error)
	// Wait returns nil when the record may have another revision than the given one, or an error.
	// It may return early, and notices a change sooner or later.
	Wait(ctx context.Context, revision string) error
	// Create creates the record. It need not be atomic: one operator calls it, and no instance. If
	// the record exists, the error is of kind Conflict.
	Create(ctx context.Context, data []byte) error
}

// Record is what a [Store] holds: a short text, and its revision. A record has a revision that no
// record with another text has had.
type Record struct {
	Data     []byte
	Revision string
}

// Create creates the record of a hook: an operator or a job of the deployment calls it, once,
// before instances run the hook. It returns when a read shows the record.
//
// If the record exists, the error is of kind Conflict. Do not let instances call Create at their
// start: the creation of a Nacos config is not atomic, so that two of them could create two
// records, and both run. Create a record again only while no instance runs the hook. Its tokens are
// then higher than before.
func Create(ctx context.Context, store Store, hook string) error {
	if err := checkName(hook); err != nil {
		return err
	}
	switch _, err := store.Load(ctx); {
	case err == nil:
		return failed("create", store.Name(), source.Conflict, errors.New("record exists"), "use it, or delete it while no instance runs the hook")
	case source.KindOf(err) != source.NotFound:
		return err
	}
	mine := once.NewRecord(hook, rand.Text(), time.Now())
	if err := store.Create(ctx, mine.Bytes()); err != nil {
		return err
	}
	for {
		got, err := load(ctx, store, hook)
		switch {
		case err == nil && (got.Nonce == mine.Nonce || got.Turn == mine.Token+1):
			return nil // an instance that has waited for it may have claimed it already
		case err == nil:
			return failed("create", store.Name(), source.Conflict, errors.New("another record was created at the same time"), "use that one")
		case source.KindOf(err) != source.NotFound:
			return err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return failed("create", store.Name(), source.Timeout, fmt.Errorf("a read does not show the record: %w", ctx.Err()), "look whether it exists before you create it again")
		}
	}
}

// Retry lets the fleet try again a version that has failed, from its first attempt on: an operator
// calls it when the cause of the failure is gone. The reason is stored in the record, until an
// instance claims it. Retry returns when a read shows the change.
//
// If the version has not failed, or another operator or a newer version was first, the error is of
// kind Conflict. A target that checks tokens and had an effect in one of the failed attempts has no
// second one, since the version is the same.
func Retry(ctx context.Context, store Store, reason string) error {
	r, err := store.Load(ctx)
	if err != nil {
		return err
	}
	rec, err := once.Parse(r.Data)
	switch {
	case err != nil:
		return failed("retry", store.Name(), source.Malformed, err, "create the record with fleetonce.Create")
	case rec.State != once.Failed:
		s, err := r.Status() // in the words of an instance
		if err != nil {
			return err
		}
		return failed("retry", store.Name(), source.Conflict, fmt.Errorf("version has not failed: its state is %q", s.State), "")
	}
	next := rec.Again(reason, rand.Text())
	for applied := false; ; {
		if !applied {
			_, err = store.CompareAndSwap(ctx, r.Revision, next.Bytes())
			switch kind := source.KindOf(err); {
			case err == nil:
				applied = true
			case kind == source.PermissionDenied || kind == source.InvalidArgument || kind == source.NotFound:
				return err
			}
		}
		// The swap may have been applied whatever its error; a read that is old proves nothing.
		switch got, err := load(ctx, store, rec.Hook); {
		case source.KindOf(err) == source.NotFound:
			return err
		case err != nil || got.Token <= rec.Token:
		case got.Turn == rec.Turn || applied:
			return nil // an instance may have claimed it already
		default:
			return failed("retry", store.Name(), source.Conflict, errors.New("a newer version has replaced the one that failed"), "")
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			if applied {
				return nil
			}
			return failed("retry", store.Name(), source.Timeout, fmt.Errorf("it is not known whether the record was replaced: %w", err), "look at the record before you try again")
		}
	}
}

// load reads the record of a hook.
func load(ctx context.Context, store Store, hook string) (once.Record, error) {
	r, err := store.Load(ctx)
	if err != nil {
		return once.Record{}, err
	}
	rec, err := once.Parse(r.Data)
	if err != nil {
		return once.Record{}, failed("read", store.Name(), source.Malformed, err, "create the record with fleetonce.Create")
	}
	if rec.Hook != hook {
		return once.Record{}, failed("read", store.Name(), source.InvalidArgument, fmt.Errorf("record belongs to the hook %q", rec.Hook), "give each hook a record of its own")
	}
	return rec, nil
}

func checkName(hook string) error {
	if hook == "" || len(hook) > 128 {
		return failed("start", "", source.InvalidArgument, errors.New("name of the hook is empty, or has more than 128 bytes"), "")
	}
	return nil
}

func failed(op, document string, kind source.Kind, err error, fix string) error {
	return &source.Error{Kind: kind, Op: op, Document: document, Err: err, Fix: fix}
}
