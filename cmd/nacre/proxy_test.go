package main

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"
)

// proxy stands between the command and a server. Each request is a step: at one of them it does
// what kill says, either before the server gets the request, or after the server has answered and
// before the command hears of it.
type proxy struct {
	addr   string // as HOST:PORT; gRPC is on the port 1000 above
	target string

	mu    sync.Mutex
	steps int
	at    int // 0: never
	after bool
	kill  func()
	over  bool
	conns map[net.Conn]struct{}
}

// newProxy starts a proxy for a server, and ends it with the test.
func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: target, conns: map[net.Conn]struct{}{}}
	for range 200 {
		http, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		own := http.Addr().(*net.TCPAddr).Port
		rpc, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(own+1000)))
		if err != nil {
			http.Close()
			continue
		}
		p.addr = http.Addr().String()
		t.Cleanup(func() { http.Close(); rpc.Close(); p.disconnect() })
		go p.serve(http, target, p.chunks)
		go p.serve(rpc, net.JoinHostPort(host, strconv.Itoa(number+1000)), p.frames)
		return p
	}
	t.Fatal("no two ports are free")
	return nil
}

// arm counts from zero, and kills at a step.
func (p *proxy) arm(at int, after bool, kill func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps, p.at, p.after, p.kill, p.over = 0, at, after, kill, false
}

// taken returns how many steps there were, and whether the last of them has killed.
func (p *proxy) taken() (steps int, killed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.steps, p.over
}

func (p *proxy) disconnect() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

func (p *proxy) serve(l net.Listener, target string, forward func(client, server net.Conn)) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		server, err := new(net.Dialer).DialContext(ctx, "tcp", target)
		cancel()
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = struct{}{}, struct{}{}
		p.mu.Unlock()
		go func() {
			defer client.Close()
			defer server.Close()
			forward(client, server)
		}()
	}
}

// step counts a request. It returns false if the server must not get it, and a function that must
// be called when the answer is there, nil if there is none.
func (p *proxy) step() (goOn bool, answered func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return false, nil
	}
	p.steps++
	if p.steps != p.at {
		return true, nil
	}
	if !p.after {
		p.end()
		return false, nil
	}
	once := sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.over {
			p.end()
		}
	})
	time.AfterFunc(500*time.Millisecond, once) // of a stream, which may have no answer
	return true, once
}

// end kills. The caller holds the lock.
func (p *proxy) end() {
	p.over = true
	p.kill()
}

// chunks forwards a connection of HTTP/1, of which each packet to the server is a step.
func (p *proxy) chunks(client, server net.Conn) {
	var answered func()
	var mu sync.Mutex
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			mu.Lock()
			done := answered
			mu.Unlock()
			if done != nil {
				done()
				return
			}
			if _, failed := client.Write(buffer[:n]); err != nil || failed != nil {
				client.Close()
				return
			}
		}
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		goOn, done := p.step()
		if done != nil {
			mu.Lock()
			answered = done
			mu.Unlock()
		}
		if !goOn {
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// frames forwards a connection of HTTP/2, of which each frame with data to the server is a step.
func (p *proxy) frames(client, server net.Conn) {
	var waits sync.Map // functions, by stream
	go func() {
		defer client.Close()
		for {
			frame, _, stream, err := readFrame(server)
			if err != nil {
				return
			}
			if done, ok := waits.Load(stream); ok {
				done.(func())()
				return
			}
			if _, err := client.Write(frame); err != nil {
				return
			}
		}
	}()
	preface := make([]byte, 24)
	if _, err := io.ReadFull(client, preface); err != nil {
		return
	}
	if _, err := server.Write(preface); err != nil {
		return
	}
	for {
		frame, kind, stream, err := readFrame(client)
		if err != nil {
			return
		}
		if kind == dataFrame && len(frame) > frameHead {
			goOn, done := p.step()
			if done != nil {
				waits.Store(stream, done)
			}
			if !goOn {
				return
			}
		}
		if _, err := server.Write(frame); err != nil {
			return
		}
	}
}

// frameHead is the length of the head of a frame, and dataFrame the kind of one with data.
const (
	frameHead = 9
	dataFrame = 0
)

func readFrame(r io.Reader) (frame []byte, kind byte, stream uint32, err error) {
	head := make([]byte, frameHead)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, 0, 0, err
	}
	length := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
	frame = make([]byte, frameHead+length)
	copy(frame, head)
	if _, err := io.ReadFull(r, frame[frameHead:]); err != nil {
		return nil, 0, 0, err
	}
	return frame, head[3], binary.BigEndian.Uint32(head[5:9]) & 0x7fffffff, nil
}
