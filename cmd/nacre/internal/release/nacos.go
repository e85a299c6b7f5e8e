package release

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/source"
)

// Nacos is a [Server] on a client. The client's group is that of documents that name none.
func Nacos(client *nacos.Client, namespace, group string) Server {
	if namespace == "" {
		namespace = "public"
	}
	return nacosServer{client: client, namespace: namespace, group: group}
}

type nacosServer struct {
	client           *nacos.Client
	namespace, group string
}

func (s nacosServer) Name() string      { return fmt.Sprint(s.client) }
func (s nacosServer) Group() string     { return s.group }
func (s nacosServer) Namespace() string { return s.namespace }

func (s nacosServer) Probe(ctx context.Context) error {
	return s.client.ProbeIfMD5(ctx, nacos.Group(s.group))
}

func (s nacosServer) Get(ctx context.Context, k Key) (State, error) {
	item, err := s.client.Get(ctx, k.DataID, nacos.Group(k.Group))
	if source.KindOf(err) == source.NotFound && !errors.Is(err, nacos.NamespaceNotFound) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	return State{Content: item.Content, MD5: item.MD5, Type: item.Type, Modified: item.Modified}, nil
}

// Read returns what subscribers get, and the metadata if they belong to it: the server shows them
// earlier than the content.
func (s nacosServer) Read(ctx context.Context, k Key) (State, error) {
	group := nacos.Group(k.Group)
	for deadline := time.Now().Add(settleWithin); ; {
		st, err := s.Get(ctx, k)
		if err != nil || !st.Exists() {
			return st, err
		}
		m, err := s.client.Metadata(ctx, k.DataID, group)
		switch kind := source.KindOf(err); {
		case err == nil && m.MD5 == st.MD5:
			m.Type = st.Type
			st.Metadata = &m
			return st, nil
		case kind == source.PermissionDenied, errors.Is(err, nacos.NotSupported):
			return st, nil
		case err != nil && kind != source.NotFound:
			return State{}, err
		}
		if time.Now().After(deadline) {
			return State{}, &source.Error{Kind: source.Unavailable, Op: "read", Document: k.String(),
				Err: errors.New("its content and its metadata do not match"), Fix: "try again when no one publishes the document"}
		}
		if err := sleep(ctx, pollEvery); err != nil {
			return State{}, err
		}
	}
}

func (s nacosServer) Publish(ctx context.Context, k Key, c Content, ifMD5 string) error {
	opts := []nacos.PublishOption{nacos.Group(k.Group), nacos.Author(c.Author)}
	if c.KeepTags {
		opts = append(opts, nacos.Type(c.Metadata.Type), nacos.Description(c.Metadata.Description))
	} else {
		opts = append(opts, nacos.WithMetadata(c.Metadata))
	}
	if ifMD5 != "" {
		opts = append(opts, nacos.IfMD5(ifMD5))
	}
	return s.client.Publish(ctx, k.DataID, c.Data, opts...)
}

func (s nacosServer) Delete(ctx context.Context, k Key) error {
	return s.client.Delete(ctx, k.DataID, nacos.Group(k.Group))
}

func (s nacosServer) Listeners(ctx context.Context, k Key) (int, error) {
	all, err := s.client.Listeners(ctx, k.DataID, nacos.Group(k.Group))
	return len(all), err
}

// sleep waits, or returns the error of the context.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
