package fakenacos

import (
	"cmp"
	"crypto/md5" // the protocol's checksum
	"encoding/hex"
	"maps"
	"strings"
	"time"
)

// version is one content of a config. It is immutable.
type version struct {
	id      int64
	content string
	md5     string
	kind    string // the declared type: "yaml"; may be empty
	app     string
	tags    string
	details
	user     string // who published it
	rule     string // the tag or the addresses that it is for; empty for the formal version
	ip       string
	modified time.Time
}

// details are what a publish that does not repeat them clears.
type details struct {
	desc, use, effect, schema string
	dataKey                   string // encryptedDataKey
}

// typeName returns the declared type, or the default.
func (v *version) typeName() string {
	if v.kind == "" {
		return "text"
	}
	return v.kind
}

// state is one config, either as stored or as served since the last dump.
type state struct {
	formal *version
	beta   *version // for the addresses in ips only
	ips    map[string]bool
	tagged map[string]*version
	hidden map[string]bool // names of gray versions that are stored and not served, see [store.remove]
}

func (st *state) clone() *state {
	if st == nil {
		return &state{tagged: map[string]*version{}}
	}
	c := *st
	c.tagged = make(map[string]*version, len(st.tagged))
	maps.Copy(c.tagged, st.tagged)
	c.hidden = maps.Clone(st.hidden)
	return &c
}

func (st *state) empty() bool { return st.formal == nil && st.beta == nil && len(st.tagged) == 0 }

// pick returns the version that a client gets.
func (st *state) pick(ip, tag string) (v *version, beta, tagged bool) {
	if st == nil {
		return nil, false, false
	}
	if st.beta != nil && st.ips[ip] {
		return st.beta, true, false
	}
	if t := st.tagged[tag]; t != nil && tag != "" {
		return t, false, true
	}
	return st.formal, false, false
}

// store holds the configs of the node. The server's lock guards it.
type store struct {
	three   bool             // of a Nacos 3
	saved   map[Key]*state   // as published
	served  map[Key]*state   // as reads see them
	before  map[Key]*state   // as reads saw them before the last dump, for StaleReads
	refused map[Key]*version // served though the compare-and-set was refused, for ServeRefused
	dirty   map[Key]int64    // keys waiting for their dump, by the number of their timer
	round   int64
	history []Revision // oldest first
	spaces  []Namespace
	nextID  int64
}

func newStore(three bool) *store {
	return &store{three: three, saved: map[Key]*state{}, served: map[Key]*state{}, before: map[Key]*state{}, refused: map[Key]*version{}, dirty: map[Key]int64{}}
}

// Revision is one entry of the history. As in Nacos, the entry of an insert has the new content,
// those of an update and a delete have the old one.
type Revision struct {
	ID      int64
	Key     Key
	Op      string // "I", "U" or "D"
	Content string
	MD5     string
	User    string // may be empty
	IP      string
	App     string
	Gray    string // the name of a gray version, of which a Nacos 3 has a history: "beta" or "tag_…"
	Time    time.Time

	of *version // that Content belongs to
}

// publication is a request to publish.
type publication struct {
	key     Key
	content string
	casMD5  string
	kind    string
	app     *string // nil keeps that of the config, and so do tags
	tags    *string
	details
	user, ip string
	tag      string
	betaIPs  string
}

func sum(content string) string {
	h := md5.Sum([]byte(content))
	return hex.EncodeToString(h[:])
}

func (st *store) id() int64 { st.nextID++; return st.nextID }

// grayName is the name of the gray version that is published; empty for a formal one.
func (p publication) grayName() string {
	switch {
	case p.betaIPs != "":
		return grayBeta
	case p.tag != "":
		return grayTag + p.tag
	}
	return ""
}

// The names of gray versions.
const (
	grayBeta = "beta"
	grayTag  = "tag_"
)

// version returns a stored version by the name of its gray version; "" is the formal one.
func (st *state) version(gray string) *version {
	switch tag, tagged := strings.CutPrefix(gray, grayTag); {
	case gray == "":
		return st.formal
	case tagged:
		return st.tagged[tag]
	case gray == grayBeta:
		return st.beta
	}
	return nil
}

// publish changes the stored state. It reports false if the compare-and-set failed. Without
// compares it ignores the md5.
func (st *store) publish(p publication, compares bool, now time.Time) bool {
	old := st.saved[p.key]
	next := old.clone()
	gray := p.grayName()
	v := &version{
		id: st.id(), content: p.content, md5: sum(p.content), kind: p.kind, details: p.details,
		user: p.user, ip: p.ip, rule: cmp.Or(p.betaIPs, p.tag), modified: now,
	}
	prev := next.version(gray)
	// A compare-and-set on a missing config succeeds, since there is no md5 to compare with. Gray
	// contents are not compared.
	compares = compares && gray == ""
	if prev != nil && p.casMD5 != "" && prev.md5 != p.casMD5 && compares {
		st.refused[p.key] = v
		return false
	}
	delete(st.refused, p.key)
	switch {
	case st.three && gray != "":
		if st.publishGray(p, gray, prev, v, now) {
			return true
		}
	case prev != nil:
		v.id, v.app, v.tags = prev.id, prev.app, prev.tags
	}
	if p.app != nil {
		v.app = *p.app
	}
	if p.tags != nil {
		v.tags = strings.Trim(*p.tags, ",")
	}
	switch {
	case p.betaIPs != "":
		next.beta, next.ips = v, map[string]bool{}
		for ip := range strings.SplitSeq(p.betaIPs, ",") {
			if !st.three {
				ip = strings.TrimSpace(ip)
			}
			next.ips[ip] = true
		}
	case p.tag != "":
		next.tagged[p.tag] = v
	default:
		next.formal = v
		op, entry := "I", v
		if prev != nil {
			op, entry = "U", prev
		}
		st.record(op, p.key, entry, "", p.user, p.ip, now)
	}
	delete(next.hidden, gray)
	st.saved[p.key] = next
	return true
}

// remove reports whether there was a config. Its gray versions go with it. On a Nacos 3 they are no
// longer served either, but stay stored, and each is served again when it is published again.
func (st *store) remove(k Key, user, ip string, now time.Time) bool {
	old := st.saved[k]
	if old == nil || old.formal == nil {
		return false
	}
	delete(st.saved, k)
	delete(st.refused, k)
	if rest := old.hideGrays(); st.three && rest != nil {
		st.saved[k] = rest
	}
	st.record("D", k, old.formal, "", user, ip, now)
	return true
}

// drop removes a gray version and reports whether there was one.
func (st *store) drop(k Key, gray, user, ip string, now time.Time) bool {
	old := st.saved[k]
	if old == nil || gray == "" || old.version(gray) == nil {
		return false
	}
	next := old.clone()
	if gray == grayBeta {
		next.beta, next.ips = nil, nil
	} else {
		delete(next.tagged, strings.TrimPrefix(gray, grayTag))
	}
	delete(next.hidden, gray)
	if st.three {
		st.record("D", k, old.version(gray), gray, user, ip, now)
	}
	st.saved[k] = next
	if next.empty() {
		delete(st.saved, k)
	}
	return true
}

func (st *store) record(op string, k Key, v *version, gray, user, ip string, now time.Time) {
	st.history = append(st.history, Revision{
		ID: st.id(), Key: k, Op: op, Content: v.content, MD5: v.md5, User: user, IP: ip, App: v.app, Gray: gray, Time: now, of: v,
	})
}

// dump serves the stored state of k, and reports whether that is a change. With refused, it serves
// the content of the last publish, also if that was refused.
func (st *store) dump(k Key, refused bool) bool {
	delete(st.dirty, k)
	was, is := st.served[k], st.saved[k]
	if v := st.refused[k]; v != nil && refused {
		is = is.clone()
		is.formal = v
	}
	st.before[k] = was
	is = is.shown()
	if is == nil || is.empty() {
		delete(st.served, k)
		return was != nil
	}
	st.served[k] = is
	return !sameContent(was, is)
}

func sameContent(a, b *state) bool {
	if a == nil || len(a.tagged) != len(b.tagged) || !sameVersion(a.formal, b.formal) || !sameVersion(a.beta, b.beta) {
		return false
	}
	for t, v := range b.tagged {
		if !sameVersion(a.tagged[t], v) {
			return false
		}
	}
	return true
}

func sameVersion(a, b *version) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.md5 == b.md5
}

// dumpAll serves the stored state of all keys, as a node does when it starts.
func (st *store) dumpAll() {
	clear(st.dirty)
	clear(st.served)
	clear(st.before)
	clear(st.refused)
	for k, saved := range st.saved {
		if len(saved.hidden) > 0 {
			saved = saved.clone()
			saved.hidden = nil
			st.saved[k] = saved
		}
		st.served[k] = saved
	}
}

// beforeLast returns the served state without the last dump of each key.
func (st *store) beforeLast() map[Key]*state {
	old := make(map[Key]*state, len(st.served))
	maps.Copy(old, st.served)
	maps.Copy(old, st.before)
	return old
}
