package fakenacos

import (
	"slices"
	"strings"
)

const typeNotifyService = "NotifySubscriberRequest"

// pendingPush is a push that waits for its delay, so that several changes of a service are one.
type pendingPush struct {
	all bool                     // to all subscribers; reads see the change with it
	to  map[*connection]struct{} // otherwise to those
}

// changedLocked schedules a push to the subscribers of a service, or only to one that is new.
func (s *Server) changedLocked(k serviceKey, only *connection) {
	if s.run == nil {
		if sv := s.names.find(k); sv != nil {
			sv.cached = false
		}
		return
	}
	p := s.names.pending[k]
	waits := p != nil
	if !waits {
		p = &pendingPush{to: map[*connection]struct{}{}}
		s.names.pending[k] = p
	}
	if only != nil {
		p.to[only] = struct{}{}
	} else {
		p.all = true
	}
	if waits {
		return
	}
	if s.pushDelay < 0 {
		if !s.faults.holdDumps {
			s.notifyLocked(k)
		}
		return
	}
	r := s.run
	r.timers.after(s.pushDelay, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.run == r && s.names.pending[k] == p && !s.faults.holdDumps {
			s.notifyLocked(k)
			s.noteLocked()
		}
	})
}

// notifyLocked makes the changes of a service readable and sends what is pending.
func (s *Server) notifyLocked(k serviceKey) {
	p := s.names.pending[k]
	if p == nil {
		return
	}
	delete(s.names.pending, k)
	if sv := s.names.find(k); sv != nil {
		sv.served, sv.cached = sv.all(), true
	}
	for _, c := range s.sortedLocked() {
		_, wanted := p.to[c]
		if _, subscribed := c.subscribes[k]; subscribed && (p.all || wanted) {
			s.pushLocked(c, Match{Key: k.key(), Connection: c.transport.id, Type: typeNotifyService}, func() { s.sendServiceLocked(c, k, 1) })
		}
	}
}

// flushServicesLocked sends all pending pushes now.
func (s *Server) flushServicesLocked() {
	var keys []serviceKey
	for k := range s.names.pending {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b serviceKey) int { return strings.Compare(a.grouped(), b.grouped()) })
	for _, k := range keys {
		s.notifyLocked(k)
	}
}

// sendServiceLocked sends the service as it is now, and repeats that until the client acknowledges
// it. Unlike with a config, the server never gives up the connection.
func (s *Server) sendServiceLocked(c *connection, k serviceKey, try int) {
	clusters, subscribed := c.subscribes[k]
	if !subscribed || s.conns[c.transport.id] != c {
		return
	}
	s.stats.ServicePushes++
	if try > 1 {
		s.stats.ServiceRepeats++
	}
	info := s.serviceLocked(k, clusters, false)
	s.askLocked(c, typeNotifyService, s.pushTimeout, func(id string) any {
		return notifyServiceRequest{RequestID: id, Service: info, Module: "naming"}
	}, func(success bool) {
		if success {
			s.count(func(st *Stats) { st.ServiceAcks++ })
			return
		}
		c.run.timers.after(s.pushRetry, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.sendServiceLocked(c, k, try+1)
			s.noteLocked()
		})
	})
}

// serviceLocked returns what a client sees of a service: the enabled instances of the clusters.
func (s *Server) serviceLocked(k serviceKey, clusters *string, healthyOnly bool) serviceInfo {
	out := serviceInfo{Clusters: clusters, CacheMillis: 10000, Hosts: []hostInfo{}, LastRefTime: s.names.refTime(), Valid: true}
	out.Name, out.Group = &k.name, &k.group
	if s.three {
		out.AllIps = new(bool)
	} else {
		out.AllIPs = new(bool)
	}
	sv := s.names.find(k)
	if sv == nil {
		return out
	}
	var chosen []string
	if clusters != nil && !blank(*clusters) {
		chosen = strings.Split(*clusters, ",")
	}
	for _, in := range sv.serve() {
		if in.enabled && (in.healthy || !healthyOnly) && (chosen == nil || slices.Contains(chosen, in.cluster)) {
			out.Hosts = append(out.Hosts, hostOf(in, sv))
		}
	}
	return out
}

// withdrawLocked removes the instances of a connection that has ended.
func (s *Server) withdrawLocked(owner string) {
	for _, sv := range s.names.sorted() {
		if !sv.persistent {
			s.dropLocked(sv, owner)
		}
	}
}
