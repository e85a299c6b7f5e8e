package fakenacos

// registerFor publishes the instances of a connection in place of those that it has published of
// the service before.
func (s *Server) registerFor(c *connection, k serviceKey, instances []*instance, verb string) *thrown {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sv := s.names.find(k); sv != nil && sv.persistent {
		t := throw(codeBadRequest, wrongKind(k, "persistent", verb, "ephemeral"))
		return &t
	}
	if t := s.strangerLocked(c); t != nil {
		return t
	}
	sv := s.names.create(k, false)
	sv.put(c.transport.id, instances)
	s.changedLocked(k, nil)
	s.noteLocked()
	return nil
}

// strangerLocked returns the exception for a connection that has ended meanwhile, or that has not
// declared itself as one for naming.
func (s *Server) strangerLocked(c *connection) *thrown {
	if s.conns[c.transport.id] == c && c.setup.Labels["module"] == "naming" {
		return nil
	}
	t := throw(codeDisconnected, "errCode: -401, errMsg: Client ["+c.transport.id+"] connection already disconnect, can't register ephemeral instance. ")
	return &t
}

const unregistered = "Connection is unregistered."

func wrongKind(k serviceKey, is, verb, wanted string) string {
	return "errCode: 400, errMsg: Current service " + k.grouped() + " is " + is + " service, can't " + verb + " " + wanted + " instance. "
}

// registerPersistent returns the problem, or "".
func (s *Server) registerPersistent(k serviceKey, in *instance) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	sv := s.names.create(k, true)
	if !sv.persistent {
		return wrongKind(k, "ephemeral", "register", "persistent")
	}
	sv.put(in.addr(), []*instance{in})
	s.changedLocked(k, nil)
	s.noteLocked()
	return ""
}

// deregisterFor removes what a connection has published, whatever address the request names.
func (s *Server) deregisterFor(c *connection, k serviceKey) *thrown {
	s.mu.Lock()
	defer s.mu.Unlock()
	sv := s.names.find(k)
	if sv == nil {
		return nil
	}
	if t := s.strangerLocked(c); t != nil {
		return t
	}
	s.dropLocked(sv, c.transport.id)
	return nil
}

// deregisterPersistent removes the persistent instance with this address.
func (s *Server) deregisterPersistent(k serviceKey, addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sv := s.names.find(k); sv != nil && sv.persistent {
		s.dropLocked(sv, addr)
	}
}

func (s *Server) dropLocked(sv *service, owner string) {
	if sv.drop(owner) {
		s.changedLocked(sv.key, nil)
		s.noteLocked()
	}
}

// subscribe starts or ends the pushes of a service. A subscription that is new is answered by a
// push too.
func (s *Server) subscribe(c *connection, k serviceKey, clusters *string, on bool) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.strangerLocked(c); t != nil {
		return *t
	}
	info := s.serviceLocked(k, clusters, false)
	if on {
		_, had := c.subscribes[k]
		c.subscribes[k] = clusters
		if !had {
			s.changedLocked(k, c)
		}
	} else {
		delete(c.subscribes, k)
	}
	s.noteLocked()
	r := ok()
	r.Message = "success"
	return serviceReply{reply: r, Service: &info, Success: true}
}
