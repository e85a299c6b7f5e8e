package fakenacos

import (
	"strings"
	"time"
)

type healthRequest struct{}

func (healthRequest) keys() []Key                { return nil }
func (healthRequest) check() string              { return "" }
func (healthRequest) handle(*call) (any, string) { return plainReply{reply: ok(), Success: true}, "" }
func (healthRequest) refuse(r reply) any         { return plainReply{reply: r} }

type removeRequest struct {
	keyRequest
	Tag *loose `json:"tag"`
}

func (r keyRequest) keys() []Key          { return []Key{r.key()} }
func (r keyRequest) check() string        { return checkKey(r.key()) }
func (publishRequest) refuse(r reply) any { return plainReply{reply: r} }
func (removeRequest) refuse(r reply) any  { return plainReply{reply: r} }
func (queryRequest) refuse(r reply) any   { return queryReply{reply: r} }

// The answers of a real server to an unexpected null.
const (
	nullString = `Cannot invoke "String.length()" because "str" is null`
	nullList   = `Cannot invoke "java.util.List.iterator()" because the return value of ` +
		`"com.alibaba.nacos.api.config.remote.request.ConfigBatchListenRequest.getConfigListenContexts()" is null`
)

func (r queryRequest) handle(c *call) (any, string) {
	if c.srv.three {
		return r.handleV3(c), ""
	}
	if r.DataID == nil || r.Group == nil {
		return nil, nullString
	}
	tag := str(r.Tag)
	if tag == "" {
		tag = c.meta.GetHeaders()["Vipserver-Tag"]
	}
	got := c.srv.read(r.key(), c.from.ip, tag, Match{Key: r.key(), Connection: c.from.id, Type: c.typ})
	if !got.known {
		return queryReply{reply: fail(300, "config data not exist")}, ""
	}
	if got.version == nil { // it has versions for other clients only
		return queryReply{reply: fail(300, "config data not exist"), ContentType: "text", MD5: new(string)}, ""
	}
	out := queryReply{
		reply: ok(), Content: &got.content, ContentType: got.kind, MD5: &got.md5,
		LastModified: got.version.modified.UnixMilli(), Beta: got.beta, Success: true,
	}
	if got.tagged {
		out.Tag = tag
	} else {
		out.EncryptedDataKey = &got.version.dataKey
	}
	return out, ""
}

func (r publishRequest) handle(c *call) (any, string) {
	problem := checkParams(r.DataID, r.Group)
	if problem == "" {
		problem = checkContent(r.Content)
	}
	add := func(name string) string { return str(r.Addition[name]) }
	code, kind := codeBadRequest, add("type")
	if c.srv.three {
		kind = kindOrText(kind)
	}
	if problem == "" {
		code = codeFailed
		problem = c.srv.checkTag(add("tag"))
	}
	if problem == "" {
		if !c.srv.three {
			code = codeBadRequest
		}
		problem = checkAdvance(add)
	}
	if problem != "" {
		return r.refuse(fail(code, problem)), ""
	}
	p := publication{
		key: r.key(), content: str(r.Content), casMD5: string(r.CasMD5), kind: kind, app: (*string)(r.Addition["appName"]),
		tags: (*string)(r.Addition["config_tags"]), details: detailsOf(add), user: add("src_user"), ip: c.from.ip, tag: add("tag"),
		betaIPs: add("betaIps"),
	}
	if problem := c.srv.publish(p); problem != "" {
		if !c.srv.three {
			problem = strings.Replace(problem, ", ", ",", 1) // over HTTP there is a space
		}
		return r.refuse(fail(codeFailed, problem)), ""
	}
	return plainReply{reply: ok(), Success: true}, ""
}

func (r removeRequest) handle(c *call) (any, string) {
	if problem := checkParams(r.DataID, r.Group); problem != "" {
		return r.refuse(fail(0, problem)), ""
	}
	switch tag := str(r.Tag); {
	case tag == "":
		c.srv.remove(r.key(), "", c.from.ip)
	case c.srv.three:
		if problem := c.srv.dropNamed(r.key(), tag, "", c.from.ip); problem != "" {
			return r.refuse(fail(0, problem)), ""
		}
	default:
		c.srv.drop(r.key(), grayTag+tag, "", c.from.ip)
	}
	return plainReply{reply: ok(), Success: true}, ""
}

func (r listenRequest) keys() []Key {
	keys := make([]Key, len(r.Contexts.list))
	for i, ctx := range r.Contexts.list {
		keys[i] = ctx.key()
	}
	return keys
}

func (r listenRequest) check() string {
	for _, k := range r.keys() {
		if problem := checkKey(k); problem != "" {
			return problem
		}
	}
	return ""
}

func (listenRequest) refuse(r reply) any { return listenReply{reply: r, Changed: []changedConfig{}} }

func (r listenRequest) handle(c *call) (any, string) {
	if r.Contexts.null {
		return nil, nullList
	}
	for _, ctx := range r.Contexts.list {
		if ctx.DataID == nil || ctx.Group == nil {
			return nil, nullString
		}
	}
	listen := r.Listen == nil || *r.Listen
	out := listenReply{reply: ok(), Changed: []changedConfig{}, Success: true}
	s := c.srv
	s.mu.Lock()
	defer s.mu.Unlock()
	if listen && s.faults.ruleLocked(faultStaleReads, Match{Connection: c.from.id, Type: c.typ}) != nil {
		defer func(now map[Key]*state) { s.store.served = now }(s.store.served)
		s.store.served = s.store.beforeLast()
	}
	tag := c.meta.GetHeaders()["Vipserver-Tag"]
	if tag == "" && s.three {
		tag = c.conn.setup.tag()
	}
	for _, ctx := range r.Contexts.list {
		k := ctx.key()
		delete(c.conn.spelled, k)
		if !listen {
			delete(c.conn.listens, k)
			continue
		}
		c.conn.listens[k] = str(ctx.MD5)
		if space := str(ctx.Tenant); s.three && space != "" && k.Namespace == "" {
			c.conn.spelled[k] = space
		}
		v, _, _ := s.store.served[k].pick(c.from.ip, tag)
		now := ""
		if v != nil {
			now = v.md5
		}
		if ctx.MD5 == nil || str(ctx.MD5) != now {
			out.Changed = append(out.Changed, changedConfig{Group: k.Group, DataID: k.DataID, Tenant: ctx.Tenant})
		}
	}
	s.noteLocked()
	return out, ""
}

// casLost is the answer to a compare-and-set with another md5 than that of the config.
const casLost = "Cas publish fail, server md5 may have changed."

// publish returns why the server does not publish, or "".
func (s *Server) publish(p publication) (problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if problem := s.store.tooManyGrays(p); problem != "" {
		return problem
	}
	if !s.store.publish(p, !s.faults.ignoreMD5, time.Now()) {
		if s.faults.serveRefused {
			s.scheduleLocked(p.key)
		}
		return casLost
	}
	s.stats.Publishes++
	s.scheduleLocked(p.key)
	s.noteLocked()
	return ""
}

func (s *Server) remove(k Key, user, ip string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store.remove(k, user, ip, time.Now()) {
		s.scheduleLocked(k)
		s.noteLocked()
	}
}

// drop removes a gray version by its name, and reports whether there was one.
func (s *Server) drop(k Key, gray, user, ip string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	dropped := s.store.drop(k, gray, user, ip, time.Now())
	if dropped {
		s.scheduleLocked(k)
		s.noteLocked()
	}
	return dropped
}

// reading is the result of a read, after faults.
type reading struct {
	known        bool // the key has any version
	version      *version
	content, md5 string
	kind         string // of a Nacos 3, "" where it tells none
	beta, tagged bool
}

func (s *Server) read(k Key, ip, tag string, m Match) reading {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.store.served[k]
	if s.faults.strikeLocked(faultStaleReads, m) {
		if old, dumped := s.store.before[k]; dumped {
			st = old
		}
	}
	if st == nil {
		return reading{}
	}
	r := reading{known: true}
	r.version, r.beta, r.tagged = st.pick(ip, tag)
	if r.version == nil {
		return r
	}
	r.content, r.md5, r.kind = r.version.content, r.version.md5, r.version.typeName()
	if s.three && (r.beta || r.tagged) { // it has the type of the formal version
		if r.kind = ""; st.formal != nil {
			r.kind = st.formal.typeName()
		}
	}
	if s.faults.strikeLocked(faultTornContent, m) {
		r.content = r.content[:len(r.content)/2]
	}
	if s.faults.strikeLocked(faultWrongMD5, m) {
		r.md5 = sum(r.md5)
	}
	return r
}
