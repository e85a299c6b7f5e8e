package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/nacos-group/nacos-sdk-go/v2/clients"
	"github.com/nacos-group/nacos-sdk-go/v2/common/constant"
	"github.com/nacos-group/nacos-sdk-go/v2/vo"

	"github.com/nacre-go/nacre/providers/nacos"
	"github.com/nacre-go/nacre/providers/nacos/nacostest"
	"github.com/nacre-go/nacre/source"
)

// idleCommand is the first argument of a process that listens and does nothing.
const idleCommand = "idle"

// job is what such a process is told.
type job struct {
	Client string
	Addr   string
	N      int
	Dir    string
}

func id(i int) string { return fmt.Sprintf("idle-%d.yaml", i) }

// beIdle listens until its standard input ends.
func beIdle(args []string) error {
	var j job
	if err := json.Unmarshal([]byte(strings.Join(args, "")), &j); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); cancel() }()
	if j.Client == "session" {
		c, err := nacos.Dial(ctx, nacos.Config{Servers: []string{j.Addr}})
		if err != nil {
			return err
		}
		defer c.Close()
		for i := range j.N {
			src := c.Config(id(i))
			go func() {
				var rev source.Revision
				for ctx.Err() == nil {
					if got, err := src.Next(ctx, rev); err == nil {
						rev = got.Revision
						src.Receive(rev, nil)
					}
				}
			}()
		}
		<-ctx.Done()
		return nil
	}
	host, text, _ := net.SplitHostPort(j.Addr)
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return err
	}
	c, err := clients.NewConfigClient(vo.NacosClientParam{
		ClientConfig: constant.NewClientConfig(
			constant.WithTimeoutMs(5000), constant.WithNotLoadCacheAtStart(true), constant.WithLogLevel("error"),
			constant.WithLogDir(j.Dir), constant.WithCacheDir(j.Dir),
		),
		ServerConfigs: []constant.ServerConfig{*constant.NewServerConfig(host, port)},
	})
	if err != nil {
		return err
	}
	for i := range j.N {
		if err := c.ListenConfig(vo.ConfigParam{DataId: id(i), Group: "DEFAULT_GROUP", OnChange: func(_, _, _, _ string) {}}); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

// cost is what a process has used.
type cost struct {
	requests int
	cpu      time.Duration
	memory   int64
}

// idles watches each client with one listener and with many.
func idles(ctx context.Context, n int, for_ time.Duration) (string, error) {
	srv, err := nacostest.Start(nacostest.Options{})
	if err != nil {
		return "", err
	}
	defer srv.Close()
	for i := range n {
		if err := srv.Put("", "DEFAULT_GROUP", id(i), strings.Repeat("x", 1024)); err != nil {
			return "", err
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "| %d idle listeners for %v, contents of 1 KiB | Requests a second | Processor | Memory above one listener |\n|---|---|---|---|\n", n, for_)
	for _, client := range []struct{ name, title string }{{"sdk", "nacos-sdk-go"}, {"session", "nacre, the session"}} {
		one, err := watch(ctx, srv, client.name, 1, min(for_, 5*time.Second))
		if err != nil {
			return "", err
		}
		many, err := watch(ctx, srv, client.name, n, for_)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "| %s | %.2f | %.2f %% | %.1f MB |\n", client.title, float64(many.requests)/for_.Seconds(),
			100*many.cpu.Seconds()/for_.Seconds(), float64(many.memory-one.memory)/1e6)
	}
	return text.String(), nil
}

// watch starts a process of a client, lets it settle, and says what it used while it was idle.
func watch(ctx context.Context, srv *nacostest.Server, client string, n int, for_ time.Duration) (cost, error) {
	dir, err := os.MkdirTemp("", "weigh-")
	if err != nil {
		return cost{}, err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return cost{}, err
	}
	arg, err := json.Marshal(job{Client: client, Addr: srv.Addr(), N: n, Dir: dir})
	if err != nil {
		return cost{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, idleCommand, string(arg))
	in, err := cmd.StdinPipe()
	if err != nil {
		return cost{}, err
	}
	if err := cmd.Start(); err != nil {
		return cost{}, err
	}
	defer func() { _ = in.Close(); _ = cmd.Wait() }()
	wait, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	if err := srv.Wait(wait, func(s nacostest.Stats) bool { return s.Listening >= n }); err != nil {
		return cost{}, fmt.Errorf("%s does not listen to %d configs: %w", client, n, err)
	}
	<-time.After(10 * time.Second) // what it reads at first is not idle
	before, err := used(cmd.Process.Pid)
	if err != nil {
		return cost{}, err
	}
	requests := total(srv)
	<-time.After(for_)
	after, err := used(cmd.Process.Pid)
	if err != nil {
		return cost{}, err
	}
	return cost{requests: total(srv) - requests, cpu: after.cpu - before.cpu, memory: after.memory}, nil
}

// used reads what a process has used, on Linux.
func used(pid int) (cost, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return cost{}, err
	}
	// After the name, which is in brackets: state is field 3, utime and stime are 14 and 15, in hundredths, rss is 24, in pages.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 22 {
		return cost{}, fmt.Errorf("process %d cannot be read", pid)
	}
	var numbers [3]int64
	for i, at := range []int{11, 12, 21} {
		if numbers[i], err = strconv.ParseInt(fields[at], 10, 64); err != nil {
			return cost{}, err
		}
	}
	return cost{cpu: time.Duration(numbers[0]+numbers[1]) * 10 * time.Millisecond, memory: numbers[2] * int64(os.Getpagesize())}, nil
}

// total is how many requests the server has had, on gRPC and HTTP.
func total(srv *nacostest.Server) (n int) {
	for _, k := range srv.Stats().Requests {
		n += k
	}
	return n
}
