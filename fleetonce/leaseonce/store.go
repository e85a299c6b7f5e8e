package leaseonce

import (
	"context"
	"encoding/json"
	"errors"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	clientv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"

	"github.com/nacre-go/nacre/fleetonce"
	"github.com/nacre-go/nacre/source"
)

// Annotation is the annotation of a Lease that holds the record.
const Annotation = "nacre-go.github.io/fleet-once"

// New returns the store of a record that is the Lease with this name, in the namespace of leases.
func New(leases clientv1.LeaseInterface, name string) fleetonce.Store { return &store{leases, name} }

type store struct {
	leases clientv1.LeaseInterface
	name   string
}

func (s *store) Name() string { return s.name }

func (s *store) Load(ctx context.Context) (fleetonce.Record, error) {
	lease, err := s.leases.Get(ctx, s.name, metav1.GetOptions{})
	if err != nil {
		return fleetonce.Record{}, s.failed("read", err)
	}
	return fleetonce.Record{Data: []byte(lease.Annotations[Annotation]), Revision: lease.ResourceVersion}, nil
}

func (s *store) CompareAndSwap(ctx context.Context, revision string, data []byte) (string, error) {
	if revision == "" {
		// An update without a resourceVersion replaces the record whatever it is.
		return "", &source.Error{Kind: source.InvalidArgument, Op: "swap", Document: s.name, Err: errors.New("revision is empty")}
	}
	lease, err := s.leases.Get(ctx, s.name, metav1.GetOptions{}) // for its labels, and what else others have set
	if err != nil {
		return "", s.failed("swap", err)
	}
	if lease.ResourceVersion != revision {
		return "", &source.Error{Kind: source.Conflict, Op: "swap", Document: s.name, Err: errors.New("record has another revision")}
	}
	lease = lease.DeepCopy()
	set(lease, data)
	lease, err = s.leases.Update(ctx, lease, metav1.UpdateOptions{})
	if err != nil {
		return "", s.failed("swap", err)
	}
	return lease.ResourceVersion, nil
}

func (s *store) Create(ctx context.Context, data []byte) error {
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: s.name}}
	set(lease, data)
	if _, err := s.leases.Create(ctx, lease, metav1.CreateOptions{}); err != nil {
		return s.failed("create", err)
	}
	return nil
}

// set puts a record into a Lease, and shows its holder.
func set(lease *coordinationv1.Lease, data []byte) {
	if lease.Annotations == nil {
		lease.Annotations = map[string]string{}
	}
	lease.Annotations[Annotation] = string(data)
	var shown struct {
		Holder string `json:"holder"`
	}
	lease.Spec.HolderIdentity = nil
	if json.Unmarshal(data, &shown) == nil && shown.Holder != "" {
		lease.Spec.HolderIdentity = &shown.Holder
	}
}

func (s *store) Wait(ctx context.Context, revision string) error {
	r, err := s.Load(ctx)
	if err != nil || r.Revision != revision {
		return err
	}
	w, err := s.leases.Watch(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", s.name).String(), ResourceVersion: revision})
	if apierrors.IsGone(err) || apierrors.IsResourceExpired(err) {
		return nil
	}
	if err != nil {
		return s.failed("watch", err)
	}
	defer w.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, open := <-w.ResultChan():
			if lease, ok := e.Object.(*coordinationv1.Lease); open && ok && e.Type != watch.Deleted && (lease.Name != s.name || lease.ResourceVersion == revision) {
				continue
			}
			return nil // it has changed, or the server has ended the watch
		}
	}
}

// failed gives an error of Kubernetes its kind.
func (s *store) failed(op string, err error) error {
	e := &source.Error{Kind: source.Unavailable, Op: op, Document: s.name, Err: err}
	switch {
	case apierrors.IsNotFound(err):
		e.Kind, e.Fix = source.NotFound, "create it with fleetonce.Create"
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err):
		e.Kind = source.Conflict
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		e.Kind = source.PermissionDenied
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		e.Kind = source.InvalidArgument
	case apierrors.IsTimeout(err), errors.Is(err, context.DeadlineExceeded):
		e.Kind = source.Timeout
	}
	return e
}
