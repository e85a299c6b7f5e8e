package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/providers/memory"
)

// service is the service with a configuration in memory.
type service struct {
	addr     string
	document *memory.Source
	applied  chan observe.Event
}

func newService(t *testing.T, text string) *service {
	t.Helper()
	status := health.NewServer()
	s := &service{document: memory.New("greeter.yaml", []byte(text)), applied: make(chan observe.Event, 100)}
	cfg, err := open(t.Context(), nacre.Options{
		Logger: slog.New(slog.DiscardHandler), Window: nacre.Off,
		Observers: []observe.Observer{followReadiness(status), func(e observe.Event) {
			if e.Kind == observe.Applied || e.Kind == observe.Rejected {
				s.applied <- e
			}
		}},
	}, s.document)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cfg.Close() })
	<-s.applied
	cert, err := certificate(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(cfg, cert, status)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	s.addr = listener.Addr().String()
	return s
}

// set replaces the document and returns what became of it.
func (s *service) set(t *testing.T, text string) observe.Event {
	t.Helper()
	s.document.Set([]byte(text))
	select {
	case e := <-s.applied:
		return e
	case <-time.After(30 * time.Second):
		t.Fatal("the change is neither applied nor rejected")
		return observe.Event{}
	}
}

// dial connects and trusts one certificate only.
func (s *service) dial(t *testing.T, p pair) *grpc.ClientConn {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(p.certificate)) {
		t.Fatal("not a certificate")
	}
	conn, err := grpc.NewClient(s.addr, grpc.WithTransportCredentials(credentials.NewTLS(
		&tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS13})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func greet(t *testing.T, conn *grpc.ClientConn) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	reply := new(wrapperspb.StringValue)
	err := conn.Invoke(ctx, "/example.Greeter/Greet", wrapperspb.String("Ann"), reply)
	return reply.GetValue(), err
}

func newPair(t *testing.T) pair {
	t.Helper()
	p, err := selfSigned()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestANewCertificateIsUsedForNewConnections(t *testing.T) {
	t.Parallel()
	first, second := newPair(t), newPair(t)
	s := newService(t, document("Hello", first))
	old := s.dial(t, first)
	if got, err := greet(t, old); got != "Hello, Ann" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	if e := s.set(t, document("Welcome", second)); e.Kind != observe.Applied {
		t.Fatalf("the change is %v: %v", e.Kind, e.Problems)
	}
	if got, err := greet(t, old); got != "Welcome, Ann" || err != nil {
		t.Errorf("a connection from before the change: %q, %v", got, err)
	}
	if got, err := greet(t, s.dial(t, second)); got != "Welcome, Ann" || err != nil {
		t.Errorf("a new connection with the new certificate: %q, %v", got, err)
	}
}

func TestACertificateWithAnotherKeyIsRejected(t *testing.T) {
	t.Parallel()
	first, second := newPair(t), newPair(t)
	s := newService(t, document("Hello", first))
	if e := s.set(t, document("Welcome", pair{second.certificate, first.key})); e.Kind != observe.Rejected {
		t.Errorf("the change is %v, want rejected", e.Kind)
	}
	if got, err := greet(t, s.dial(t, first)); got != "Hello, Ann" || err != nil {
		t.Errorf("after the rejected change: %q, %v", got, err)
	}
}

func TestTheHealthServiceSaysServing(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	s := newService(t, document("Hello", p))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got, err := grpc_health_v1.NewHealthClient(s.dial(t, p)).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	if err != nil || got.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("%v, %v", got, err)
	}
}

func TestReadinessSetsTheHealthService(t *testing.T) {
	t.Parallel()
	status := health.NewServer()
	follow := followReadiness(status)
	for _, step := range []struct {
		reasons []string
		want    grpc_health_v1.HealthCheckResponse_ServingStatus
	}{
		{[]string{"greeter.yaml is stale"}, grpc_health_v1.HealthCheckResponse_NOT_SERVING},
		{nil, grpc_health_v1.HealthCheckResponse_SERVING},
	} {
		follow(observe.Event{Kind: observe.ReadinessChanged, Reasons: step.reasons})
		got, err := status.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		if err != nil || got.GetStatus() != step.want {
			t.Errorf("reasons %q: %v, %v, want %v", step.reasons, got, err, step.want)
		}
	}
}
