package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"google.golang.org/grpc/health"

	"github.com/nacre-go/nacre/examples/frameworks/local"
	"github.com/nacre-go/nacre/providers/nacos"
)

func main() { local.Main(run) }

func run(ctx context.Context) error {
	pair, err := selfSigned()
	if err != nil {
		return err
	}
	settings, opts, end, err := local.Nacos("greeter.yaml", document("Hello", pair))
	if err != nil {
		return err
	}
	defer end()
	client, err := nacos.NewClient(settings)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()

	status := health.NewServer()
	opts.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	opts.Observers = append(opts.Observers, followReadiness(status))
	cfg, err := open(ctx, opts, client.Source("greeter.yaml"))
	if err != nil {
		return err
	}
	defer func() { _ = cfg.Close() }()
	cert, err := certificate(ctx, cfg)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.Get().Addr)
	if err != nil {
		return err
	}
	server := newServer(cfg, cert, status)
	fmt.Printf("try: grpcurl -insecure %s grpc.health.v1.Health/Check\n", listener.Addr())

	// A signal first tells load balancers to go elsewhere, and then lets calls end.
	defer context.AfterFunc(ctx, func() {
		status.Shutdown()
		hurry := time.AfterFunc(10*time.Second, server.Stop)
		defer hurry.Stop()
		server.GracefulStop()
	})()
	return server.Serve(listener)
}
