package fakenacos

import (
	"net/url"
	"strings"
	"time"
)

// tag returns the tag of a connection, which a Nacos 3 takes from a label of the application. A
// Nacos 2 takes it from the header of each request instead.
func (s setupRequest) tag() string { return s.Labels["app_Vipserver-Tag"] }

// handleV3 answers a query. A client that names a tag gets the content for it, or none.
func (r queryRequest) handleV3(c *call) any {
	if r.DataID == nil || r.Group == nil {
		return r.refuse(fail(codeFailed, nullString))
	}
	named := str(r.Tag)
	m := Match{Key: r.key(), Connection: c.from.id, Type: c.typ}
	got := c.srv.readV3(r.key(), c.from.ip, named, c.conn.setup.tag(), m)
	if got.version == nil {
		out := queryReply{reply: fail(codeStarting, "config data not exist")}
		if got.known && !blank(named) {
			out.Tag = named
		}
		return out
	}
	out := queryReply{
		reply: ok(), Content: &got.content, ContentType: got.kind, MD5: &got.md5,
		LastModified: got.version.modified.UnixMilli(), Tag: got.tag(), Beta: got.beta, Success: true,
	}
	if !got.beta && !got.tagged {
		out.EncryptedDataKey = &got.version.dataKey
	}
	return out
}

// readV3 reads the content for a tag that the client names, else for that which it has.
func (s *Server) readV3(k Key, ip, named, has string, m Match) reading {
	names := !blank(named)
	if names {
		has = named
	}
	got := s.read(k, ip, has, m)
	if names && !got.beta && !got.tagged {
		got.version = nil
	}
	return got
}

// tag returns the tag that the content is for, as answers of a Nacos 3 have it.
func (r reading) tag() string {
	if !r.tagged {
		return ""
	}
	return url.QueryEscape(r.version.rule)
}

const maxTag = 16

// checkTag returns what is wrong with a tag. A Nacos 3 has a limit.
func (s *Server) checkTag(tag string) string {
	switch {
	case s.three && blank(tag):
	case !nameOf(tag, ".:"):
		return "invalid tag : " + tag
	case s.three && chars(tag) > maxTag:
		return "too long tag, over 16"
	}
	return ""
}

// noGray is the text of the exception that a Nacos 3 throws for a gray version that does not exist.
const noGray = `Cannot invoke "com.alibaba.nacos.config.server.model.ConfigInfoGrayWrapper.getId()" because "oldConfigAllInfo4Gray" is null`

// dropNamed removes the gray version with a name, "beta" or "tag_…", and returns the problem or "".
func (s *Server) dropNamed(k Key, name, user, ip string) string {
	if problem := s.checkTag(name); problem != "" {
		return problem
	}
	if !s.drop(k, name, user, ip) {
		return noGray
	}
	return ""
}

const maxGrays = 10

// tooManyGrays returns why a Nacos 3 does not take another gray version, or "".
func (st *store) tooManyGrays(p publication) string {
	old, gray := st.saved[p.key].clone(), p.grayName()
	if !st.three || gray == "" || old.version(gray) != nil {
		return ""
	}
	n := len(old.tagged)
	if old.beta != nil {
		n++
	}
	if n < maxGrays {
		return ""
	}
	return "gray config version is over max count :10"
}

// publishGray records the publish of a gray version. It reports true if that is all: a
// compare-and-set of one that exists changes nothing, whatever md5 it names, and succeeds.
func (st *store) publishGray(p publication, gray string, prev, v *version, now time.Time) (done bool) {
	if p.app != nil {
		v.app = *p.app // it is not kept
	}
	if prev == nil {
		st.record("I", p.key, v, gray, p.user, p.ip, now)
		return false
	}
	v.id = prev.id
	st.record("U", p.key, prev, gray, p.user, p.ip, now)
	return p.casMD5 != ""
}

// hideGrays returns what is stored of a config after its formal version is deleted: the gray
// versions, none of which is served. It returns nil if there are none.
func (st *state) hideGrays() *state {
	rest := st.clone()
	rest.formal = nil
	if rest.empty() {
		return nil
	}
	rest.hidden = map[string]bool{grayBeta: true}
	for tag := range rest.tagged {
		rest.hidden[grayTag+tag] = true
	}
	return rest
}

// shown returns what is served of a stored state.
func (st *state) shown() *state {
	if st == nil || len(st.hidden) == 0 {
		return st
	}
	c := st.clone()
	c.hidden = nil
	for gray := range st.hidden {
		if gray == grayBeta {
			c.beta, c.ips = nil, nil
			continue
		}
		delete(c.tagged, strings.TrimPrefix(gray, grayTag))
	}
	return c
}
