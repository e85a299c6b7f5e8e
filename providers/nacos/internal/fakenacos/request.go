package fakenacos

import (
	"context"
	"time"

	pb "github.com/nacos-group/nacos-sdk-go/v2/api/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// requestService answers the unary requests.
type requestService struct {
	pb.UnimplementedRequestServer
	srv *Server
	run *run
}

// call is one unary request.
type call struct {
	srv  *Server
	from *transport
	typ  string
	meta *pb.Metadata
	body []byte
	conn *connection
}

// handler handles one type of request. The steps are, as in Nacos: decode, login, check of names,
// handle.
type handler struct {
	answer string // type of the answer
	decode func(body []byte, onePublic bool) (req request, problem string)
	write  bool
	three  bool // only a Nacos 3 has it
}

type request interface {
	keys() []Key
	// check returns what is wrong with the names, or "".
	check() string
	// handle returns the answer; broken is the text of the exception that a real server throws
	// instead. An answer of type thrown is an exception too.
	handle(c *call) (answer any, broken string)
	// refuse returns a failure as an answer to the request.
	refuse(r reply) any
}

var handlers = map[string]handler{
	"HealthCheckRequest":       {"HealthCheckResponse", decodeAs[healthRequest], false, false},
	"ConfigQueryRequest":       {"ConfigQueryResponse", decodeAs[queryRequest], false, false},
	"ConfigPublishRequest":     {"ConfigPublishResponse", decodeAs[publishRequest], true, false},
	"ConfigRemoveRequest":      {"ConfigRemoveResponse", decodeAs[removeRequest], true, false},
	"ConfigBatchListenRequest": {"ConfigChangeBatchListenResponse", decodeAs[listenRequest], false, false},

	typeWatch: {"ConfigFuzzyWatchResponse", decodeAs[watchRequest], false, true},

	"InstanceRequest":           {"InstanceResponse", decodeAs[instanceRequest], true, false},
	"BatchInstanceRequest":      {"BatchInstanceResponse", decodeAs[batchRequest], true, false},
	"PersistentInstanceRequest": {"InstanceResponse", decodeAs[persistentRequest], true, false},
	"ServiceQueryRequest":       {"QueryServiceResponse", decodeAs[serviceQueryRequest], false, false},
	"SubscribeServiceRequest":   {"SubscribeServiceResponse", decodeAs[subscribeRequest], false, false},
	"ServiceListRequest":        {"ServiceListResponse", decodeAs[serviceListRequest], false, false},
}

// decodeAs decodes a request of type R. With onePublic, "" and "public" name one namespace of
// configs.
func decodeAs[R request](body []byte, onePublic bool) (request, string) {
	var r R
	problem := decode(body, &r)
	if u, ok := any(&r).(interface{ unite() }); ok && onePublic {
		u.unite()
	}
	return r, problem
}

// Request answers one request.
func (h *requestService) Request(ctx context.Context, p *pb.Payload) (*pb.Payload, error) {
	if size := proto.Size(p); size > h.srv.opts.MaxMessage {
		return nil, h.srv.tooLarge(size)
	}
	c := &call{
		srv: h.srv, from: transportOf(ctx), typ: p.GetMetadata().GetType(), meta: p.GetMetadata(), body: p.GetBody().GetValue(),
	}
	hd, known := handlers[c.typ]
	known = known && (h.srv.three || !hd.three)
	var req request
	m := Match{Connection: c.from.id, Type: c.typ}
	problem := ""
	if !known {
		m.Type = c.countedType()
	} else if req, problem = hd.decode(c.body, h.srv.three); problem == "" {
		if keys := req.keys(); len(keys) > 0 {
			m.Key = keys[0]
		}
	}
	if err := h.arrive(ctx, m); err != nil {
		return nil, err
	}
	typ, body := c.answer(hd, known, req, problem, m)
	if h.srv.faults.strike(faultLoseAnswers, m) != nil {
		h.run.doors[1].cut(func(remote string) bool { return remote == c.from.remote })
		return nil, status.Error(codes.Unavailable, "answer lost as ordered")
	}
	return encode(typ, "", body), nil
}

// arrive counts a request, calls the hook, and applies the faults that do not depend on Nacos.
func (h *requestService) arrive(ctx context.Context, m Match) error {
	if err := h.srv.arrive(ctx, h.run, m); err != nil {
		return status.FromContextError(err).Err()
	}
	h.srv.mu.Lock()
	defer h.srv.mu.Unlock()
	if h.srv.faults.down {
		return status.Error(codes.Unavailable, "server is away as ordered")
	}
	return nil
}

func (s *Server) arrive(ctx context.Context, r *run, m Match) error {
	s.mu.Lock()
	s.stats.Requests[m.Type]++
	s.noteLocked()
	wait := s.faults.latency
	s.mu.Unlock()
	if s.opts.OnRequest != nil {
		s.opts.OnRequest(Request{Type: m.Type, Connection: m.Connection, Key: m.Key})
	}
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

// countedType counts all unknown types as one, so that they do not fill the table.
func (c *call) countedType() string {
	if c.typ == "ServerCheckRequest" {
		return c.typ
	}
	return "other"
}

func errorAnswer(code int, text string) (string, any) {
	return "ErrorResponse", plainReply{reply: fail(code, text)}
}

// answer performs the steps in the order of Nacos.
func (c *call) answer(h handler, known bool, req request, problem string, m Match) (typ string, body any) {
	s := c.srv
	s.mu.Lock()
	notReady := s.faults.notReady
	s.mu.Unlock()
	if notReady {
		return errorAnswer(codeStarting, "Server is starting,please try later.")
	}
	if c.typ == "ServerCheckRequest" {
		return "ServerCheckResponse", serverCheckReply{reply: ok(), ConnectionID: c.from.id, Negotiates: true, Success: true}
	}
	if !known {
		return errorAnswer(codeNoHandler, "RequestHandler Not Found")
	}
	if c.conn = s.touch(c.from.id); c.conn == nil {
		return errorAnswer(codeUnregistered, unregistered)
	}
	if problem != "" {
		return errorAnswer(codeUnreadable, problem)
	}
	if r := s.faults.strike(faultFail, m); r != nil {
		if r.code == codeUnregistered || r.code == codeNoHandler {
			return errorAnswer(r.code, r.text)
		}
		return h.answer, req.refuse(fail(r.code, r.text))
	}
	if c.typ != "HealthCheckRequest" {
		if denied := c.deny(req, h.write, m); denied != "" {
			s.count(func(st *Stats) { st.Refused++ })
			return h.answer, req.refuse(fail(codeDenied, denied))
		}
	}
	if problem := req.check(); problem != "" {
		return h.answer, req.refuse(fail(codeBadRequest, "Param check invalid:"+problem))
	}
	out, broken := req.handle(c)
	if broken != "" {
		return errorAnswer(codeFailed, broken)
	}
	if t, is := out.(thrown); is {
		return "ErrorResponse", plainReply{reply: t.reply}
	}
	return h.answer, out
}

func (c *call) deny(req request, write bool, m Match) (denied string) {
	if r := c.srv.faults.strike(faultDeny, m); r != nil {
		return c.srv.deniedText(r.text)
	}
	h := c.meta.GetHeaders()
	namespace := ""
	if keys := req.keys(); len(keys) > 0 {
		namespace = keys[0].Namespace
	}
	needs := forReaders
	if write {
		needs = forWriters
	}
	if c.srv.opts.AccessKeys != nil {
		return c.srv.verify(func(name string) string { return h[name] }, signedResource(req), namespace, needs)
	}
	cred := credentials{token: h["accessToken"], user: h["username"], password: h["password"]}
	_, denied = c.srv.auth.may(cred, namespace, needs)
	return c.srv.deniedText(denied)
}
