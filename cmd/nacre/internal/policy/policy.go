package policy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/memory"
	"github.com/nacre-go/nacre/validate"
)

// Policy is a policy file. Methods are safe for concurrent use.
type Policy struct {
	Version   int         `config:"version" validate:"eq=1"`
	Freezes   []Freeze    `config:"freezes" validate:"dive"`
	Protected []Protected `config:"protected" validate:"dive"`
	Limits    Limits      `config:"limits"`
}

// Freeze is a time in which nothing is changed: from From until Until, and in the hours Between on
// Days. One of the two is required; with both, the hours count within the dates.
type Freeze struct {
	Name    string    `config:"name" validate:"required"`
	From    time.Time `config:"from"`
	Until   time.Time `config:"until"`
	Days    []string  `config:"days" validate:"dive,oneof=mon tue wed thu fri sat sun"`
	Between string    `config:"between"` // "22:00-06:00"; a day ends at 24:00
	Zone    string    `config:"zone" default:"UTC"`
}

// Protected are keys that no one changes by the way: those that match Keys in the documents that
// match Documents. Without Documents they are those of all documents; without Keys, each change of
// the documents counts. A document that Documents name is not deleted either.
type Protected struct {
	Name      string   `config:"name" validate:"required"`
	Keys      []string `config:"keys" validate:"required_without=Documents"`
	Documents []string `config:"documents" validate:"required_without=Keys"`
	Why       string   `config:"why"`
}

// Limits are the sizes of one release. Nil: no limit.
type Limits struct {
	Documents   *int `config:"documents" validate:"omitempty,min=1"`
	Keys        *int `config:"keys" validate:"omitempty,min=1"`
	RemovedKeys *int `config:"removed_keys" validate:"omitempty,min=0"`
	Deletions   *int `config:"deletions" validate:"omitempty,min=0"` // of documents
}

// The names of the limits.
const (
	maxDocuments = "max-documents"
	maxKeys      = "max-keys"
	removedKeys  = "removed-keys"
	deletions    = "deletions"
)

// The names of rules that hold without a policy.
const (
	// Listeners: a document is not deleted while clients listen to it.
	Listeners = "listeners"
	// InvalidRollback: the state before a release, which a rollback restores, is valid.
	InvalidRollback = "invalid-rollback"
)

// Parse reads a policy. The error has all mistakes, each with line and key.
func Parse(ctx context.Context, name string, data []byte) (*Policy, error) {
	options := nacre.Options{LastKnownGoodDisabled: true, Logger: slog.New(slog.DiscardHandler)}
	cfg, err := nacre.OpenWith[Policy](ctx, options, memory.New(name, data))
	if err != nil {
		return nil, err
	}
	defer cfg.Close()
	return cfg.Get(), nil
}

// Validate checks what no tag can say.
func (p *Policy) Validate() error {
	var errs []error
	names := []string{maxDocuments, maxKeys, removedKeys, deletions, Listeners, InvalidRollback}
	named := func(at, name string) {
		if strings.ContainsAny(name, ", \t\n") {
			errs = append(errs, validate.Field(at+".name", "must have no space and no comma, since --override takes it"))
		}
		if slices.Contains(names, name) {
			errs = append(errs, validate.Field(at+".name", "is given twice, or is a name that nacre uses itself"))
		}
		names = append(names, name)
	}
	for i, f := range p.Freezes {
		at := fmt.Sprintf("freezes[%d]", i)
		named(at, f.Name)
		if f.Until.Before(f.From) {
			errs = append(errs, validate.Field(at+".until", "must be later than from"))
		}
		if f.From.IsZero() != f.Until.IsZero() {
			errs = append(errs, validate.Field(at, "needs from and until, or neither"))
		}
		if f.From.IsZero() && f.Between == "" {
			errs = append(errs, validate.Field(at, "needs from and until, or between"))
		}
		if len(f.Days) > 0 && f.Between == "" {
			errs = append(errs, validate.Field(at+".days", "needs between; for whole days write 00:00-24:00"))
		}
		if _, _, err := f.hours(); err != nil {
			errs = append(errs, validate.Field(at+".between", "must be like 22:00-06:00"))
		}
		if _, err := time.LoadLocation(f.Zone); err != nil {
			errs = append(errs, validate.Field(at+".zone", "is not a time zone such as Europe/Berlin"))
		}
	}
	for i, r := range p.Protected {
		at := fmt.Sprintf("protected[%d]", i)
		named(at, r.Name)
		for _, pattern := range append(slices.Clone(r.Keys), r.Documents...) {
			if _, err := path.Match(pattern, ""); err != nil {
				errs = append(errs, validate.Field(at, "has a pattern that is not complete"))
			}
		}
	}
	return errors.Join(errs...)
}
