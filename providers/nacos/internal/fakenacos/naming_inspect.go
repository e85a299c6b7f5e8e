package fakenacos

import (
	"fmt"
	"maps"
	"math"
	"net"
	"strconv"
)

// Instance is an instance of a service. The zero value of a field is what is usual.
type Instance struct {
	IP        string
	Port      int
	Cluster   string  // empty: "DEFAULT"
	Weight    float64 // zero: 1
	Unhealthy bool
	Disabled  bool
	// Persistent tells an instance that stays when the connection of its client ends.
	Persistent bool
	Metadata   map[string]string
}

func serviceOf(namespace, group, name string) serviceKey {
	if namespace == "" {
		namespace = "public"
	}
	return serviceKey{namespace, group, name}
}

// Instances returns the instances that are registered now, whether or not reads see them yet, in
// the order in which their clients registered. The namespaces "" and "public" are the public one.
func (s *Server) Instances(namespace, group, service string) []Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	sv := s.names.find(serviceOf(namespace, group, service))
	if sv == nil {
		return nil
	}
	var out []Instance
	for _, in := range sv.all() {
		x := Instance{
			Port: int(in.port), Cluster: in.cluster, Weight: in.weight, Unhealthy: !in.healthy, Disabled: !in.enabled,
			Persistent: sv.persistent, Metadata: maps.Clone(in.metadata),
		}
		if in.ip != nil {
			x.IP = *in.ip
		}
		out = append(out, x)
	}
	return out
}

// testOwner marks what a test has registered, which belongs to no connection.
const testOwner = "test "

// Register registers an instance, or changes the one with this address, as a client of its own
// would that is always connected. When it returns, reads see the instance and pushes are queued. It
// fails on values that a real server rejects.
func (s *Server) Register(namespace, group, service string, in Instance) error {
	k := serviceOf(namespace, group, service)
	ip, cluster, weight := loose(in.IP), loose(in.Cluster), real(in.Weight)
	b := &instanceBody{IP: &ip, Port: whole(min(max(in.Port, -1), maxPort+1)), Cluster: &cluster, Weight: &weight}
	b.Metadata = map[string]*loose{}
	for name, v := range in.Metadata {
		text := loose(v)
		b.Metadata[name] = &text
	}
	healthy, enabled := !in.Unhealthy, !in.Disabled
	b.Healthy, b.Enabled = &healthy, &enabled
	if in.Weight == 0 {
		b.Weight = nil
	}
	problem := serviceRequest{Service: (*loose)(&service), Group: (*loose)(&group)}.named()
	if problem == "" {
		problem = k.check()
	}
	if problem == "" {
		problem = b.check()
	}
	if problem == "" && (math.IsNaN(in.Weight) || in.Weight < 0 || in.Weight > maxWeight) {
		problem = badWeight
	}
	x := b.instance(k)
	if problem == "" {
		problem = x.illegal(b.Cluster)
	}
	if problem == "" {
		problem = s.registerNow(k, x, in.Persistent)
	}
	if problem != "" {
		return fmt.Errorf("nacostest: register %s %s: %s", k.grouped(), net.JoinHostPort(in.IP, strconv.Itoa(in.Port)), problem)
	}
	return nil
}

const (
	maxWeight = 10000
	badWeight = "instance format invalid: The weights range from 0.0 to 10000.0"
)

func (s *Server) registerNow(k serviceKey, in *instance, persistent bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	sv := s.names.create(k, persistent)
	switch {
	case sv.persistent && !persistent:
		return "the service is a persistent one"
	case persistent && !sv.persistent:
		return "the service is an ephemeral one"
	case persistent:
		sv.put(in.addr(), []*instance{in})
	default:
		sv.put(testOwner+in.addr(), []*instance{in})
	}
	s.changedNowLocked(k)
	return ""
}

func (s *Server) changedNowLocked(k serviceKey) {
	s.changedLocked(k, nil)
	s.notifyLocked(k)
	s.noteLocked()
}

// Deregister removes an instance that [Server.Register] has registered, or a persistent one of a
// client: reads no longer see it, and pushes are queued. Removing a missing instance is not an
// error.
func (s *Server) Deregister(namespace, group, service, ip string, port int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := serviceOf(namespace, group, service)
	sv := s.names.find(k)
	if sv == nil {
		return
	}
	addr := ip + ":" + strconv.Itoa(port)
	if sv.drop(addr) || sv.drop(testOwner+addr) {
		s.changedNowLocked(k)
	}
}
