package nacostest

import "github.com/nacre-go/nacre/providers/nacos/internal/fakenacos"

// Instance is an instance of a service. For Register, IP and Port are enough.
type Instance struct {
	IP   string
	Port int
	// Cluster is "DEFAULT" if it was registered empty.
	Cluster string
	// Weight is 1 if it was registered as 0 with [Server.Register].
	Weight float64
	// Unhealthy and Disabled are the opposites of what clients declare as healthy and enabled.
	Unhealthy, Disabled bool
	// Persistent instances stay when their client disconnects. The naming client of nacos-sdk-go
	// registers one unless Ephemeral is set.
	Persistent bool
	Metadata   map[string]string
}

// Instances returns the instances of a service that are registered now, also those that reads and
// pushes show only later. They are in the order of their registration. The namespaces "" and
// "public" are the public one. To wait for an instance, call Instances in [Server.Wait].
func (s *Server) Instances(namespace, group, service string) []Instance {
	var all []Instance
	for _, in := range s.fake.Instances(namespace, group, service) {
		all = append(all, Instance(in))
	}
	return all
}

// Register registers an instance of a service that the test plays, or replaces the one with the
// same IP and port. When it returns, reads see the instance, and pushes are on their way. The
// instance stays until [Server.Deregister], also over a restart. Register fails on values that a
// real server rejects, and if the service has instances of the other kind, persistent or not.
func (s *Server) Register(namespace, group, service string, in Instance) error {
	return s.fake.Register(namespace, group, service, fakenacos.Instance(in))
}

// Deregister removes an instance that [Server.Register] has registered, or a persistent one of a
// client: reads no longer see it, and pushes are on their way. Removing a missing instance is not
// an error.
func (s *Server) Deregister(namespace, group, service, ip string, port int) {
	s.fake.Deregister(namespace, group, service, ip, port)
}
