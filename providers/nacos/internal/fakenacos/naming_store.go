package fakenacos

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// serviceKey identifies a service. In gRPC the namespaces "" and "public" are different ones here;
// clients send "public" for the public one.
type serviceKey struct{ namespace, group, name string }

func (k serviceKey) grouped() string { return k.group + "@@" + k.name }

// key returns the key that faults and permissions see, where the public namespace is "".
func (k serviceKey) key() Key {
	return Key{Namespace: publicOf(k.namespace), Group: k.group, DataID: k.name}
}

// instance is one instance of a service. It is immutable.
type instance struct {
	id       string
	ip       *string // nil: the client sent none
	port     int32
	cluster  string
	weight   float64
	healthy  bool
	enabled  bool
	metadata map[string]string
}

func (in *instance) same(other *instance) bool {
	return in.id == other.id && (in.ip == nil) == (other.ip == nil) && in.addr() == other.addr() && in.cluster == other.cluster &&
		in.weight == other.weight && in.healthy == other.healthy && in.enabled == other.enabled && maps.Equal(in.metadata, other.metadata)
}

// addr returns the address, which names a persistent instance of a service.
func (in *instance) addr() string {
	ip := "null"
	if in.ip != nil {
		ip = *in.ip
	}
	return ip + ":" + strconv.Itoa(int(in.port))
}

// published is what one owner has published of a service: a connection one instance or a batch, an
// address a persistent instance.
type published struct {
	owner     string
	instances []*instance
}

// service is a service that had an instance. The server's lock guards it.
type service struct {
	key        serviceKey
	persistent bool
	published  []published // the oldest first
	emptySince time.Time   // zero while it has instances

	served []*instance // what reads see; like a server's, it lags behind while a push is pending
	cached bool        // served is set
}

// all returns the instances in the order in which their owners appeared, equal ones once.
func (sv *service) all() []*instance {
	var out []*instance
	for _, p := range sv.published {
		for _, in := range p.instances {
			if !slices.ContainsFunc(out, in.same) {
				out = append(out, in)
			}
		}
	}
	return out
}

// serve returns what reads see.
func (sv *service) serve() []*instance {
	if !sv.cached {
		sv.served, sv.cached = sv.all(), true
	}
	return sv.served
}

// put replaces what the owner has published.
func (sv *service) put(owner string, instances []*instance) {
	sv.emptySince = time.Time{}
	for i := range sv.published {
		if sv.published[i].owner == owner {
			sv.published[i].instances = instances
			return
		}
	}
	sv.published = append(sv.published, published{owner, instances})
}

// drop removes what the owner has published, and reports whether there was anything.
func (sv *service) drop(owner string) bool {
	before := len(sv.published)
	sv.published = slices.DeleteFunc(sv.published, func(p published) bool { return p.owner == owner })
	if len(sv.published) == before {
		return false
	}
	if len(sv.published) == 0 {
		sv.emptySince = time.Now()
	}
	return true
}

// emptyServiceLife is how long a service without instances is listed.
const emptyServiceLife = time.Minute

// registry holds the services of the node. The server's lock guards it.
type registry struct {
	services map[serviceKey]*service
	pending  map[serviceKey]*pendingPush
	lastRef  int64 // the newest lastRefTime that was sent
}

func newRegistry() *registry {
	return &registry{services: map[serviceKey]*service{}, pending: map[serviceKey]*pendingPush{}}
}

// find returns the service or nil. A service that was empty for long is gone.
func (r *registry) find(k serviceKey) *service {
	sv := r.services[k]
	if sv != nil && !sv.emptySince.IsZero() && time.Since(sv.emptySince) > emptyServiceLife {
		delete(r.services, k)
		return nil
	}
	return sv
}

func (r *registry) create(k serviceKey, persistent bool) *service {
	sv := r.find(k)
	if sv == nil {
		sv = &service{key: k, persistent: persistent}
		r.services[k] = sv
	}
	return sv
}

// sorted returns the services of all namespaces by name.
func (r *registry) sorted() []*service {
	var out []*service
	for _, k := range slices.SortedFunc(maps.Keys(r.services), func(a, b serviceKey) int {
		return strings.Compare(a.namespace+"\n"+a.grouped(), b.namespace+"\n"+b.grouped())
	}) {
		if sv := r.find(k); sv != nil {
			out = append(out, sv)
		}
	}
	return out
}

// refTime returns the time in milliseconds, and never the same twice: clients ignore a push that is
// not newer than what they have.
func (r *registry) refTime() int64 {
	r.lastRef = max(time.Now().UnixMilli(), r.lastRef+1)
	return r.lastRef
}

// crash forgets the ephemeral instances of connections, as a node that ends does.
func (r *registry) crash(connected func(owner string) bool) {
	clear(r.pending)
	for k, sv := range r.services {
		sv.published = slices.DeleteFunc(sv.published, func(p published) bool { return connected(p.owner) })
		sv.cached = false
		if len(sv.published) == 0 {
			delete(r.services, k)
		}
	}
}
