package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"

	"github.com/nacre-go/nacre/observe"
	"github.com/nacre-go/nacre/observe/otelobserve"
	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
)

// document is the config in Nacos.
const document = "orders.yaml"

// story makes things happen to two instances of a service and prints what operators see.
type story struct {
	out       io.Writer
	dir       string
	listen    string // the address of the first instance
	server    *nacostest.Server
	publisher *nacos.Client
	release   *sdk.TracerProvider // of who publishes
	traces    *traces
	instances []*instance
}

func newStory(out io.Writer, listen string) (s *story, err error) {
	s = &story{out: out, listen: listen, traces: &traces{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.end())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "nacre-operate-"); err != nil {
		return nil, err
	}
	if s.server, err = nacostest.Start(nacostest.Options{}); err != nil {
		return nil, err
	}
	s.release = s.traces.provider("publisher")
	s.publisher, err = nacos.NewClient(nacos.Config{Servers: []string{s.server.Addr()}},
		nacos.OnPublish(otelobserve.OnPublish(otelobserve.WithTracerProvider(s.release))))
	return s, err
}

// startInstance starts the next instance.
func (s *story) startInstance(ctx context.Context) error {
	n := len(s.instances)
	addr, err := addressOf(s.listen, n)
	if err != nil {
		return err
	}
	name := fmt.Sprint("orders-", n+1)
	i, err := start(ctx, name, addr, s.server.Addr(), filepath.Join(s.dir, "defaults.yaml"), filepath.Join(s.dir, name), s.traces.provider(name))
	if err != nil {
		return err
	}
	s.instances = append(s.instances, i)
	return nil
}

// addressOf returns the address of instance n, which has its own port.
func addressOf(listen string, n int) (string, error) {
	if listen == "" {
		return "127.0.0.1:0", nil
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", fmt.Errorf("port %q of -listen is not a number", port)
	}
	if number > 0 {
		number += uint64(n)
	}
	return net.JoinHostPort(host, strconv.FormatUint(number, 10)), nil
}

// end stops everything that runs.
func (s *story) end() error {
	var errs []error
	for _, i := range s.instances {
		errs = append(errs, i.stop())
	}
	if s.publisher != nil {
		errs = append(errs, s.publisher.Close())
	}
	if s.server != nil {
		s.server.Close()
	}
	s.traces.close()
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

func (s *story) chapter(title string) { fmt.Fprintf(s.out, "%s\n\n", title) }

// say writes a paragraph.
func (s *story) say(format string, args ...any) {
	for line := range strings.Lines(fmt.Sprintf(format, args...) + "\n") {
		if line != "\n" {
			line = "  " + line
		}
		fmt.Fprint(s.out, line)
	}
}

// publish publishes the config as a release, as a pipeline does: with a span of its own.
func (s *story) publish(ctx context.Context, release, content string) error {
	s.say("publish %s as release %s: %s", document, release, strings.ReplaceAll(strings.TrimSpace(content), "\n", " ⏎ "))
	fmt.Fprintln(s.out)
	ctx, span := s.release.Tracer("operate").Start(ctx, "release "+release)
	defer span.End()
	return s.publisher.Publish(ctx, document, []byte(content), nacos.ReleaseLine(release))
}

// until waits until a condition on the health of each instance holds.
func (s *story) until(ctx context.Context, what string, holds func(observe.Health) bool) error {
	return wait(ctx, what, func() bool {
		for _, i := range s.instances {
			if !holds(i.cfg.Health()) {
				return false
			}
		}
		return true
	})
}

func wait(ctx context.Context, what string, holds func() bool) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w", what, ctx.Err())
		}
	}
	return nil
}
