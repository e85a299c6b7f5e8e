package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nacre-go/nacre"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

// Pool represents a resource that a service opens and closes, such as a *sql.DB.
type Pool struct{ size int }

func openPool(_ context.Context, d Database) (*Pool, error) { return &Pool{d.Pool}, nil }

// Close does nothing here.
func (*Pool) Close() error { return nil }

func serve(ctx context.Context, cfg *nacre.Config[Config], db *nacre.Resource[*Pool]) error {
	server := &http.Server{Addr: cfg.Get().Addr, ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := cfg.Get()
			pool, release := db.Acquire()
			defer release()
			fmt.Fprintf(w, "pool %d, timeout %s\n", pool.size, c.DB.Timeout)
		})}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}
