package nacosonce

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// New returns the store of a record that is the config with this data ID. Of the options only Group
// has a meaning here. The config must not be one that a service reads. The store works until the
// client is closed.
func New(client *nacos.Client, dataID string, opts ...nacos.SourceOption) fleetonce.Store {
	s := &store{client: client, dataID: dataID, options: opts, waiting: make(chan struct{}, 1)}
	own := client.Source(dataID, opts...)
	s.name = own.Name()
	if c, ok := source.As[io.Closer](own); ok {
		_ = c.Close()
	}
	return s
}

type store struct {
	client  *nacos.Client
	dataID  string
	name    string
	options []nacos.SourceOption
	// honored reports that the server has refused an md5 that does not match.
	honored atomic.Bool
	waiting chan struct{} // held during Wait
}

// Name returns the data ID, or "PAYMENTS/orders.warm-cache" if the group is not that of the client.
func (s *store) Name() string { return s.name }

func (s *store) Load(ctx context.Context) (fleetonce.Record, error) {
	item, err := s.client.GetStored(ctx, s.dataID, s.options...)
	if err != nil {
		return fleetonce.Record{}, err
	}
	return fleetonce.Record{Data: item.Content, Revision: sum(item.Content)}, nil
}

func (s *store) CompareAndSwap(ctx context.Context, revision string, data []byte) (string, error) {
	if revision == "" {
		// A publish without an md5 replaces the record whatever it is.
		return "", &source.Error{Kind: source.InvalidArgument, Op: "swap", Document: s.name, Err: errors.New("revision is empty")}
	}
	if err := s.check(ctx); err != nil {
		return "", err
	}
	if err := s.publish(ctx, data, nacos.IfMD5(revision)); err != nil {
		return "", err
	}
	return sum(data), nil
}

// noMD5 is an md5 that no content has, as far as anyone knows.
const noMD5 = "00000000000000000000000000000000"

// check finds out once whether the server honors the md5 of a publish, by one that must fail. It
// publishes the content that the record has, so that it does no harm where it succeeds.
func (s *store) check(ctx context.Context) error {
	if s.honored.Load() {
		return nil
	}
	r, err := s.Load(ctx)
	if err != nil {
		return err
	}
	err = s.publish(ctx, r.Data, nacos.IfMD5(noMD5))
	if errors.Is(err, nacos.ServerError) {
		// A cluster answers so where one server says that the md5 differs. It is a refusal if the
		// server takes the same publish with the md5 that matches, and refuses again.
		if err := s.publish(ctx, r.Data, nacos.IfMD5(r.Revision)); err != nil {
			return err
		}
		if err = s.publish(ctx, r.Data, nacos.IfMD5(noMD5)); errors.Is(err, nacos.ServerError) {
			err = nacos.PreconditionFailed
		}
	}
	switch {
	case errors.Is(err, nacos.PreconditionFailed):
		s.honored.Store(true)
		return nil
	case err != nil:
		return err
	}
	return &source.Error{
		Kind: source.InvalidArgument, Op: "swap", Document: s.name, Err: errors.New("the server ignores the md5 of a compare-and-set"),
		Fix: "keep the record on a Nacos 2 or 3, or in another store: r-nacos has no compare-and-set",
	}
}

func (s *store) Create(ctx context.Context, data []byte) error {
	probed := s.client.ProbeIfMD5(ctx, s.options...)
	if probed != nil && (!errors.Is(probed, nacos.ServerError) || leavesConfig(probed)) {
		return probed
	}
	switch _, err := s.Load(ctx); {
	case err == nil:
		return &source.Error{Kind: source.Conflict, Op: "create", Document: s.name, Err: errors.New("record exists")}
	case source.KindOf(err) != source.NotFound:
		return err
	}
	if err := s.publish(ctx, data); err != nil || probed == nil {
		return err
	}
	// A cluster does not say why it refuses a publish. The record itself shows what it honors.
	for {
		err := s.check(ctx)
		if source.KindOf(err) != source.NotFound {
			return err
		}
		select {
		case <-time.After(readEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// leavesConfig reports whether a probe says that its config stays on the server.
func leavesConfig(err error) bool {
	var left interface{ Leftover() string }
	return errors.As(err, &left)
}

// showEvery is the time between two ends of a Wait while the server shows another record than the
// stored one.
const showEvery = 5 * time.Second

// readEvery is the time between two reads: a server that is read faster is slower to show a
// publish.
const readEvery = 200 * time.Millisecond

func (s *store) publish(ctx context.Context, data []byte, more ...nacos.PublishOption) error {
	for _, o := range s.options {
		more = append(more, o)
	}
	return s.client.Publish(ctx, s.dataID, data, append(more, nacos.Type("json"), nacos.App("nacre"),
		nacos.Description("Record of a fleetonce hook. Do not edit or delete it while instances run."))...)
}

func (s *store) Wait(ctx context.Context, revision string) error {
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	case <-ctx.Done():
		return ctx.Err()
	}
	src := s.client.Source(s.dataID, s.options...)
	if c, ok := source.As[io.Closer](src); ok {
		defer func() { _ = c.Close() }()
	}
	var prev source.Revision
	for {
		content, err := src.Next(ctx, prev)
		if err != nil {
			return err
		}
		prev = content.Revision
		if a, ok := source.As[source.Acknowledger](src); ok {
			a.Ack(prev, nil) // the server then shows what this instance has seen, and sends it no more
		}
		if shown := strings.TrimPrefix(string(prev), "md5:"); shown == revision {
			continue
		}
		if r, err := s.Load(ctx); err == nil && r.Revision == revision {
			// The server shows an older record, or one that it has refused, see nacos.IfMD5.
			select {
			case <-time.After(showEvery):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
}

// sum returns the md5 by which Nacos compares contents.
func sum(data []byte) string {
	h := md5.Sum(data)
	return hex.EncodeToString(h[:])
}
