package etcdonce

import (
	"context"
	"errors"
	"strconv"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/source"
)

// New returns the store of a record that is the value of this key. The client must not have a
// namespace that changes. The store works until the client is closed.
func New(client *clientv3.Client, key string) fleetonce.Store { return &store{client, key} }

type store struct {
	client *clientv3.Client
	key    string
}

func (s *store) Name() string { return s.key }

func (s *store) Load(ctx context.Context) (fleetonce.Record, error) {
	r, _, err := s.get(ctx)
	return r, err
}

// get returns the record, and the revision of the whole store at which it was read.
func (s *store) get(ctx context.Context) (r fleetonce.Record, at int64, err error) {
	answer, err := s.client.Get(ctx, s.key)
	switch {
	case err != nil:
		return r, 0, s.failed("read", err)
	case len(answer.Kvs) == 0:
		return r, answer.Header.Revision, &source.Error{Kind: source.NotFound, Op: "read", Document: s.key, Err: errors.New("record does not exist"), Fix: "create it with fleetonce.Create"}
	}
	kv := answer.Kvs[0]
	return fleetonce.Record{Data: kv.Value, Revision: strconv.FormatInt(kv.ModRevision, 10)}, answer.Header.Revision, nil
}

func (s *store) CompareAndSwap(ctx context.Context, revision string, data []byte) (string, error) {
	at, err := strconv.ParseInt(revision, 10, 64)
	if err != nil || at <= 0 { // 0 is that of a key that does not exist
		return "", &source.Error{Kind: source.InvalidArgument, Op: "swap", Document: s.key, Err: errors.New("revision is not one of etcd")}
	}
	return s.put(ctx, "swap", clientv3.Compare(clientv3.ModRevision(s.key), "=", at), data)
}

func (s *store) Create(ctx context.Context, data []byte) error {
	_, err := s.put(ctx, "create", clientv3.Compare(clientv3.CreateRevision(s.key), "=", 0), data)
	return err
}

func (s *store) put(ctx context.Context, op string, condition clientv3.Cmp, data []byte) (string, error) {
	answer, err := s.client.Txn(ctx).If(condition).Then(clientv3.OpPut(s.key, string(data))).Commit()
	switch {
	case err != nil:
		return "", s.failed(op, err)
	case !answer.Succeeded:
		return "", &source.Error{Kind: source.Conflict, Op: op, Document: s.key, Err: errors.New("record exists, or has another revision")}
	}
	return strconv.FormatInt(answer.Header.Revision, 10), nil
}

func (s *store) Wait(ctx context.Context, revision string) error {
	r, at, err := s.get(ctx)
	if err != nil || r.Revision != revision {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for answer := range s.client.Watch(clientv3.WithRequireLeader(ctx), s.key, clientv3.WithRev(at+1)) {
		switch err := answer.Err(); {
		case answer.CompactRevision > 0:
			return nil // there were so many changes that the first one is gone
		case err != nil:
			return s.failed("watch", err)
		case len(answer.Events) > 0:
			return nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &source.Error{Kind: source.Unavailable, Op: "watch", Document: s.key, Err: errors.New("watch has ended")}
}

// failed gives an error of etcd its kind.
func (s *store) failed(op string, err error) error {
	e := &source.Error{Kind: source.Unavailable, Op: op, Document: s.key, Err: err}
	switch status.Code(err) {
	case codes.PermissionDenied, codes.Unauthenticated:
		e.Kind = source.PermissionDenied
	case codes.DeadlineExceeded:
		e.Kind = source.Timeout
	case codes.InvalidArgument:
		e.Kind = source.InvalidArgument
	case codes.OK, codes.Unknown, codes.Canceled:
		if errors.Is(err, context.DeadlineExceeded) {
			e.Kind = source.Timeout
		}
	}
	return e
}
