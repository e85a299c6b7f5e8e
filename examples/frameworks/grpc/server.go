package main

import (
	"context"
	"crypto/tls"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/nacre-go/nacre"
)

// newServer returns the gRPC server of the service.
func newServer(cfg *nacre.Config[Config], cert *nacre.Resource[*tls.Certificate], status *health.Server) *grpc.Server {
	transport := &tls.Config{
		MinVersion:     tls.VersionTLS13,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert.Get(), nil },
	}
	server := grpc.NewServer(
		grpc.Creds(credentials.NewTLS(transport)),
		grpc.UnaryInterceptor(oneVersion(cfg)),
	)
	server.RegisterService(&greeterService, &greeter{cfg})
	grpc_health_v1.RegisterHealthServer(server, status)
	return server
}

// oneVersion gives each call the version that is live when it arrives, and the timeout of that
// version.
func oneVersion(cfg *nacre.Config[Config]) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		ctx = cfg.NewContext(ctx)
		ctx, cancel := context.WithTimeout(ctx, cfg.FromContext(ctx).Timeout)
		defer cancel()
		return handle(ctx, request)
	}
}

// greeter is the service itself.
type greeter struct{ cfg *nacre.Config[Config] }

func (g *greeter) greet(ctx context.Context, name *wrapperspb.StringValue) (*wrapperspb.StringValue, error) {
	return wrapperspb.String(g.cfg.FromContext(ctx).Greeting + ", " + name.GetValue()), nil
}

// greeterService describes the service. protoc-gen-go-grpc generates this for your service.
var greeterService = grpc.ServiceDesc{
	ServiceName: "example.Greeter",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Greet",
		Handler: func(srv any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
			name := new(wrapperspb.StringValue)
			if err := decode(name); err != nil {
				return nil, err
			}
			call := func(ctx context.Context, request any) (any, error) {
				return srv.(*greeter).greet(ctx, request.(*wrapperspb.StringValue))
			}
			return intercept(ctx, name, &grpc.UnaryServerInfo{Server: srv, FullMethod: "/example.Greeter/Greet"}, call)
		},
	}},
}
