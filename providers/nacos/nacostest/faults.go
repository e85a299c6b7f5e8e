package nacostest

import "github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"

// Always is the count of a fault that lasts until it is ended.
const Always = fakenacos.Always

// Stall freezes all connections, current and new: they stay open, and nothing goes in or out, as
// with a hanging process or a half-open connection. Stall(false) ends that, and what was sent
// meanwhile arrives.
func (s *Server) Stall(on bool) { s.fake.Faults().StallStreams(on) }

// Disconnect breaks the connections of all clients.
func (s *Server) Disconnect() { s.fake.Faults().CutStreams() }

// FailRequests answers the next n requests with an error of this code: in gRPC a code of Nacos such
// as 300 (not ready), 403 (forbidden) or 500 (failed), in HTTP the status, where a code below 400
// becomes 500.
func (s *Server) FailRequests(n, code int) { s.fake.Faults().Fail(n, code) }

// DropPushes loses the next n pushes of configs and services: the server neither sends nor
// repeats them.
func (s *Server) DropPushes(n int) { s.fake.Faults().DropPushes(n) }

// CorruptReads makes the next n answers that carry a content declare the md5 of another one.
func (s *Server) CorruptReads(n int) { s.fake.Faults().WrongMD5(n) }

// IgnoreIfMD5 makes the server publish whatever md5 a compare-and-set names, as r-nacos does.
func (s *Server) IgnoreIfMD5(on bool) { s.fake.Faults().IgnoreIfMD5(on) }

// ServeRefused makes the server show clients the content of a publish with an md5 that it has
// refused, until the next publish of the config, as a cluster with its own database does.
func (s *Server) ServeRefused(on bool) { s.fake.Faults().ServeRefused(on) }

// ExpireTokens makes every token that the server has issued an expired one.
func (s *Server) ExpireTokens() { s.fake.Faults().ExpireTokens() }

// ClearFaults ends all faults.
func (s *Server) ClearFaults() { _ = s.fake.Faults().Clear() } // it fails on a fault that there is no method for
