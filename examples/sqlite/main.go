// Sqlite shows a database that is reopened when its DSN changes, while requests run. None of them
// fails.
//
//	go -C examples/sqlite run .
//
// It creates two SQLite files. Eight workers query the one that is configured, while the
// configuration moves to the other one and back. In between, it publishes a DSN that does not work:
// nothing changes.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nacre-go/nacre"
	"github.com/nacre-go/nacre/providers/memory"

	_ "modernc.org/sqlite"
)

// Config is the service's configuration.
type Config struct {
	DB Database `config:"db"`
}

// Database is the part that the pool is built from.
type Database struct {
	DSN  nacre.Secret `config:"dsn" validate:"required"`
	Pool int          `config:"pool" default:"4" validate:"gte=1,lte=100"`
}

// openDB opens a pool and checks that it works, so that a bad DSN is rejected before anything uses
// it.
func openDB(ctx context.Context, d Database) (*sql.DB, error) {
	db, err := sql.Open("sqlite", d.DSN.Reveal())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(d.Pool)
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM orders").Scan(&n); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func main() {
	dir, err := os.MkdirTemp("", "sqlite-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		var r report
		if r, err = run(context.Background(), dir, 20, 100*time.Millisecond); err == nil {
			fmt.Printf("%d requests on %d databases in turn, %d failed; the bad DSN was refused: %v\n", r.requests, r.moves, r.failed, r.refused)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sqlite:", err)
		os.Exit(1)
	}
}

// report is what run observed.
type report struct {
	moves            int
	requests, failed int64
	first            error // why the first request failed
	refused          bool
	resource         string
	closed           int64
}

func run(ctx context.Context, dir string, moves int, pause time.Duration) (report, error) {
	dsns := []string{filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db")}
	for _, dsn := range dsns {
		if err := create(ctx, dsn); err != nil {
			return report{}, err
		}
	}
	layer := memory.New("service.yaml", config(dsns[0]))
	cfg, err := nacre.Open[Config](ctx, layer)
	if err != nil {
		return report{}, err
	}
	defer func() { _ = cfg.Close() }()

	db, err := nacre.Derive(ctx, cfg, func(c *Config) Database { return c.DB }, openDB, (*sql.DB).Close, nacre.WithName("db"))
	if err != nil {
		return report{}, err
	}

	var r report
	var requests, failed atomic.Int64
	var once sync.Once
	working, stop := context.WithCancel(ctx)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for working.Err() == nil {
				requests.Add(1)
				if err := request(ctx, db); err != nil {
					failed.Add(1)
					once.Do(func() { r.first = err })
				}
			}
		})
	}
	for i := range moves {
		r.moves++
		if err := move(ctx, cfg, layer, dsns[(i+1)%2]); err != nil {
			stop()
			wait.Wait()
			return report{}, err
		}
		time.Sleep(pause)
	}

	layer.Set(config(filepath.Join(dir, "none", "c.db")))
	for end := time.Now().Add(10 * time.Second); !r.refused && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		r.refused = len(cfg.Health().Layers[0].Rejected) > 0
	}
	time.Sleep(pause)
	stop()
	wait.Wait()
	r.requests, r.failed = requests.Load(), failed.Load()
	h := cfg.Health().Resources[0]
	r.resource, r.closed = h.Name, h.Closed
	return r, nil
}

// request is one request of a service: it acquires the live pool, and releases it at the end.
func request(ctx context.Context, db *nacre.Resource[*sql.DB]) error {
	pool, release := db.Acquire()
	defer release()
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for range 3 {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM orders").Scan(&n); err != nil {
			return err
		}
		if n != 100 {
			return fmt.Errorf("%d orders, want 100", n)
		}
	}
	return nil
}

// move changes the configuration and waits until it is live.
func move(ctx context.Context, cfg *nacre.Config[Config], layer *memory.Source, dsn string) error {
	layer.Set(config(dsn))
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for cfg.Get().DB.DSN.Reveal() != dsn {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the change is not live: %w; %v", ctx.Err(), cfg.Health().Layers[0].Rejected)
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

func config(dsn string) []byte { return fmt.Appendf(nil, "db:\n  dsn: %q\n", dsn) }

// create makes a database with a hundred orders.
func create(ctx context.Context, dsn string) error {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `CREATE TABLE orders (id INTEGER PRIMARY KEY);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100) INSERT INTO orders SELECT i FROM n`)
	return errors.Join(err, db.Close())
}
