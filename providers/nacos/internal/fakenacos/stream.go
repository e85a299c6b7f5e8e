package fakenacos

import (
	"context"
	"errors"
	"io"
	"time"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
)

// streamService is the server of the push stream.
type streamService struct {
	pb.UnimplementedBiRequestStreamServer
	srv *Server
	run *run
}

func (h *streamService) RequestBiStream(stream pb.BiRequestStream_RequestBiStreamServer) error {
	ctx, end := context.WithCancel(stream.Context())
	defer end()
	t := transportOf(ctx)
	in := make(chan *pb.Payload)
	failed := make(chan error, 1)
	// Recv and Send may block until the context of the stream ends, which is when this method
	// returns. So the run waits for their goroutines, and this method does not.
	h.run.wg.Go(func() {
		for {
			p, err := stream.Recv()
			if err != nil {
				failed <- err
				return
			}
			select {
			case in <- p:
			case <-ctx.Done():
				return
			}
		}
	})
	q := newQueue()
	h.run.wg.Go(func() { q.send(ctx, stream, end) })
	var c *connection
	for {
		select {
		case p := <-in:
			if fresh := h.setup(t, p, q, end); fresh != nil {
				if h.srv.register(fresh) {
					c = fresh
				}
				continue
			}
			if c != nil {
				h.receive(c, p)
			}
		case err := <-failed:
			// The stream has ended, but maybe not the TCP connection: Nacos keeps the registration
			// until that ends.
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case <-ctx.Done():
			return nil
		case <-h.run.ctx.Done():
			return nil
		}
	}
}

// setup returns the connection that p sets up, or nil if p is another message. A stream may be set
// up again after the server has removed it.
func (h *streamService) setup(t *transport, p *pb.Payload, q *queue, end context.CancelFunc) *connection {
	if p.GetMetadata().GetType() != "ConnectionSetupRequest" {
		return nil
	}
	h.srv.count(func(s *Stats) { s.Requests["ConnectionSetupRequest"]++ })
	var req setupRequest
	if decode(p.GetBody().GetValue(), &req) != "" {
		return nil
	}
	c := &connection{
		transport: t, run: h.run, setup: req, since: time.Now(), gone: end, queue: q,
		listens: map[Key]string{}, spelled: map[Key]string{}, subscribes: map[serviceKey]*string{}, acks: map[string]func(bool){}, active: time.Now(),
	}
	if req.AbilityTable != nil {
		abilities := map[string]bool{"supportPersistentInstanceByGrpc": true}
		if h.srv.three { // a real one has "lock" and "mcp" too
			abilities["fuzzyWatch"] = true
		}
		c.queue.put(encode("SetupAckRequest", "127.0.0.1", setupAckRequest{Abilities: abilities, Module: "internal"}))
	}
	return c
}

// answers are the types of answers of a client. Any of them is valid for any push: the Go SDK
// answers a config push with the type of a naming push.
var answers = map[string]bool{
	"ConfigChangeNotifyResponse": true, "NotifySubscriberResponse": true, "ClientDetectionResponse": true,
	"ConfigFuzzyWatchSyncResponse": true, "ConfigFuzzyWatchChangeNotifyResponse": true, "ConnectResetResponse": true, "SetupAckResponse": true, "ErrorResponse": true,
}

func (h *streamService) receive(c *connection, p *pb.Payload) {
	h.srv.touch(c.transport.id)
	if !answers[p.GetMetadata().GetType()] {
		return
	}
	var a ackReply
	if decode(p.GetBody().GetValue(), &a) == "" && a.RequestID != "" {
		h.srv.ack(c, a)
	}
}

// send sends the queue on the stream until the stream ends.
func (q *queue) send(ctx context.Context, stream pb.BiRequestStream_RequestBiStreamServer, end context.CancelFunc) {
	for {
		for _, p := range q.take() {
			if stream.Send(p) != nil {
				end()
				return
			}
		}
		select {
		case <-q.more:
		case <-ctx.Done():
			return
		}
	}
}
