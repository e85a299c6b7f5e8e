package fakenacos

import (
	"slices"
	"strconv"
)

type instanceRequest struct {
	serviceRequest
	Type     *loose        `json:"type"`
	Instance *instanceBody `json:"instance"`
}

// persistentRequest registers an instance that belongs to no connection.
type persistentRequest struct{ instanceRequest }

type batchRequest struct {
	serviceRequest
	Type      *loose           `json:"type"`
	Instances *[]*instanceBody `json:"instances"`
}

type serviceQueryRequest struct {
	serviceRequest
	Cluster     *loose `json:"cluster"`
	HealthyOnly bool   `json:"healthyOnly"`
}

type subscribeRequest struct {
	serviceRequest
	Subscribe bool   `json:"subscribe"`
	Clusters  *loose `json:"clusters"`
}

type serviceListRequest struct {
	serviceRequest
	PageNo   whole `json:"pageNo"`
	PageSize whole `json:"pageSize"`
}

func (instanceRequest) refuse(r reply) any     { return instanceReply{reply: r} }
func (batchRequest) refuse(r reply) any        { return instanceReply{reply: r} }
func (serviceQueryRequest) refuse(r reply) any { return serviceReply{reply: r} }
func (subscribeRequest) refuse(r reply) any    { return serviceReply{reply: r} }
func (serviceListRequest) refuse(r reply) any  { return serviceListReply{reply: r} }

func (r instanceRequest) check() string {
	if p := r.service().check(); p != "" || r.Instance == nil {
		return p
	}
	return r.Instance.check()
}

func (r batchRequest) check() string {
	p := r.service().check()
	if p == "" && r.Instances != nil {
		for _, b := range *r.Instances {
			if p = b.check(); p != "" {
				return p
			}
		}
	}
	return p
}

func (r serviceQueryRequest) check() string {
	if p := r.service().check(); p != "" {
		return p
	}
	return checkClusters(str(r.Cluster))
}

func (r subscribeRequest) check() string {
	if p := r.service().check(); p != "" {
		return p
	}
	return checkClusters(str(r.Clusters))
}

func (r serviceListRequest) check() string { return r.service().check() }

// thrown is the answer to an exception of a handler.
type thrown struct{ reply }

func throw(code int, text string) thrown { return thrown{reply{code, code, text}} }

const (
	nullType    = `Cannot invoke "String.hashCode()" because "<local4>" is null`
	nullAddress = `Cannot invoke "com.alibaba.nacos.api.naming.pojo.Instance.toInetAddr()" because "instance" is null`
	nullIP      = `Cannot invoke "com.alibaba.nacos.api.naming.pojo.Instance.getIp()" because the return value of ` +
		`"com.alibaba.nacos.api.naming.remote.request.InstanceRequest.getInstance()" is null`
	nullInstances = `Cannot invoke "java.util.List.iterator()" because "instances" is null`
	nullNamespace = `Cannot invoke "Object.hashCode()" because "key" is null`
)

// named returns the text of the exception for a missing name; only queries do without.
func (r serviceRequest) named() string {
	switch {
	case blank(str(r.Service)):
		return "Param 'serviceName' is illegal, serviceName is blank"
	case blank(str(r.Group)):
		return "Param 'groupName' is illegal, groupName is blank"
	}
	return ""
}

func (r serviceRequest) typed(typ *loose) string {
	if broken := r.named(); broken != "" || typ != nil {
		return broken
	}
	return nullType
}

func (r instanceRequest) handle(c *call) (any, string) {
	if broken := r.typed(r.Type); broken != "" {
		return nil, broken
	}
	k := r.service()
	switch *r.Type {
	case "registerInstance":
		if r.Instance == nil {
			return throw(codeBadRequest, "Instance can not be null."), ""
		}
		in := r.Instance.instance(k)
		if p := in.illegal(r.Instance.Cluster); p != "" {
			return throw(codeBadRequest, p), ""
		}
		if r.Namespace == nil {
			return throw(codeFailed, ""), ""
		}
		if t := c.srv.registerFor(c.conn, k, []*instance{in}, "register"); t != nil {
			return *t, ""
		}
	case "deregisterInstance":
		if r.Instance == nil {
			return nil, nullIP
		}
		if t := c.srv.deregisterFor(c.conn, k); t != nil {
			return *t, ""
		}
	default:
		return throw(codeBadRequest, "Unsupported request type "+string(*r.Type)), ""
	}
	return instanceReply{reply: ok(), Type: string(*r.Type), Success: true}, ""
}

func (r batchRequest) handle(c *call) (any, string) {
	if broken := r.typed(r.Type); broken != "" {
		return nil, broken
	}
	k := r.service()
	switch {
	case *r.Type != "batchRegisterInstance":
		return throw(codeBadRequest, "Unsupported request type "+string(*r.Type)), ""
	case r.Instances == nil:
		return nil, nullInstances
	case r.Namespace == nil:
		return throw(codeFailed, ""), ""
	}
	all := make([]*instance, len(*r.Instances))
	for i, b := range *r.Instances {
		all[i] = b.instance(k)
	}
	if t := c.srv.registerFor(c.conn, k, all, "batch register"); t != nil {
		return *t, ""
	}
	return instanceReply{reply: ok(), Type: string(*r.Type), Success: true}, ""
}

func (r persistentRequest) handle(c *call) (any, string) {
	if broken := r.typed(r.Type); broken != "" {
		return nil, broken
	}
	k := r.service()
	switch {
	case *r.Type != "registerInstance" && *r.Type != "deregisterInstance":
		return throw(codeBadRequest, "Unsupported request type "+string(*r.Type)), ""
	case r.Instance == nil:
		return nil, nullAddress
	case *r.Type == "deregisterInstance":
		c.srv.deregisterPersistent(k, r.Instance.instance(k).addr())
	case r.Namespace == nil:
		return throw(codeFailed, ""), ""
	default:
		if problem := c.srv.registerPersistent(k, r.Instance.instance(k)); problem != "" {
			return throw(codeBadRequest, problem), ""
		}
	}
	return instanceReply{reply: ok(), Type: string(*r.Type), Success: true}, ""
}

func (r serviceQueryRequest) handle(c *call) (any, string) {
	clusters := str(r.Cluster)
	c.srv.mu.Lock()
	info := c.srv.serviceLocked(r.service(), &clusters, r.HealthyOnly)
	c.srv.mu.Unlock()
	info.Name, info.Group = (*string)(r.Service), (*string)(r.Group)
	return serviceReply{reply: ok(), Service: &info, Success: true}, ""
}

func (r subscribeRequest) handle(c *call) (any, string) {
	if broken := r.named(); broken != "" {
		return nil, broken
	}
	return c.srv.subscribe(c.conn, r.service(), (*string)(r.Clusters), r.Subscribe), ""
}

func (r serviceListRequest) handle(c *call) (any, string) {
	if r.Namespace == nil {
		return nil, nullNamespace
	}
	names := []string{}
	c.srv.mu.Lock()
	for _, sv := range c.srv.names.sorted() {
		if sv.key.namespace == str(r.Namespace) && r.Group != nil && sv.key.group == str(r.Group) {
			names = append(names, sv.key.name)
		}
	}
	c.srv.mu.Unlock()
	count, n := len(names), int32(len(names))
	// The numbers wrap around as those of the server do.
	start := max((int32(r.PageNo)-1)*int32(r.PageSize), 0)
	end := min(start+int32(r.PageSize), n)
	switch {
	case start >= n:
		names = names[:0]
	case end < start:
		return nil, "fromIndex(" + strconv.Itoa(int(start)) + ") > toIndex(" + strconv.Itoa(int(end)) + ")"
	default:
		names = slices.Clone(names[start:end])
	}
	return serviceListReply{reply: ok(), Count: count, Names: &names, Success: true}, ""
}
