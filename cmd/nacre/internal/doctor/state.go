package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/cmd/nacre/internal/plural"
)

// state is what a server says of itself at the path of its state, for which it requires no login.
type state map[string]any

// get returns a property as text; empty if the server does not tell it.
func (s state) get(name string) string {
	if s[name] == nil {
		return ""
	}
	return clean(fmt.Sprint(s[name]))
}

// number returns a property that is a whole number.
func (s state) number(name string) (n int64, ok bool) {
	n, err := strconv.ParseInt(s.get(name), 10, 64)
	return n, err == nil
}

// notTold is the beginning of a finding about what a server does not say.
const notTold = "not told: the server does not say "

// authentication reports how the server checks who a client is.
func (x *examination) authentication(n *node, s state) {
	const check = "authentication"
	kind := s.get("auth_system_type")
	switch s.get("auth_enabled") {
	case "":
		x.skip(check, n.addr, notTold+"whether it requires a login")
		return
	case "false":
		x.add(Finding{
			Check: "login", Target: n.addr, Result: Warn, Text: "the server requires no login: anyone who reaches it can change every config",
			Fix: "set nacos.core.auth.enabled=true on the server",
		})
		return
	}
	if s.get("auth_admin_request") == "true" {
		x.add(Finding{
			Check: check, Target: n.addr, Result: Warn, Text: "the server has no administrator yet: anyone who reaches it can become one",
			Fix: "open the console and set the password of the user nacos",
		})
		return
	}
	switch kind {
	case "":
		x.pass(check, n.addr, "required; "+notTold+"of which kind")
	case "nacos", "ldap":
		x.pass(check, n.addr, "required, of the kind "+kind)
	default:
		if x.Config.Signer != nil {
			x.pass(check, n.addr, "required, by the plugin "+kind+"; requests are signed")
			return
		}
		x.add(Finding{
			Check: check, Target: n.addr, Result: Warn, Text: "required, by the plugin " + kind + ", whose login may be another one than that of Nacos",
			Fix: "if the login fails, ask those who run the server for an account that Nacos's own login accepts",
		})
	}
}

// limits reports how large and how many configs may be, and how long the history is kept.
func (x *examination) limits(n *node, s state) {
	const check = "limits"
	var texts []string
	if size, ok := s.number("maxContent"); ok {
		texts = append(texts, "a config has at most "+bytes(size))
	}
	switch s.get("isCapacityLimitCheck") {
	case "true":
		text := "the number and size of configs is limited"
		quota, hasQuota := s.number("defaultGroupQuota")
		size, hasSize := s.number("defaultMaxSize")
		if hasQuota && hasSize {
			text += fmt.Sprintf(", unless set otherwise to %d in a group and to %s", quota, bytes(size))
		}
		texts = append(texts, text)
	case "false":
		texts = append(texts, "the number of configs is not limited")
	}
	if days, ok := s.number("config_retention_days"); ok {
		texts = append(texts, "the history is kept for "+plural.Count(days, "day"))
	}
	if texts == nil {
		x.skip(check, n.addr, notTold+"its limits")
		return
	}
	x.pass(check, n.addr, strings.Join(texts, "; "))
}

// database warns of a cluster that keeps its configs in its own database.
func (x *examination) database(n *node, s state) {
	if kind := s.get("datasource_platform"); s.get("startup_mode") != "cluster" || s["datasource_platform"] == nil || kind != "" && kind != "derby" {
		return
	}
	x.add(Finding{
		Check: "database", Target: n.addr, Result: Warn, Text: "the cluster keeps its configs in its own database: clients see a content that it has refused, after a publish with the wrong md5, until the next publish",
		Fix: "let the cluster keep its configs in MySQL; publish with nacre, which publishes the stored content again",
	})
}

// bytes returns a size for people.
func bytes(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return plural.Count(n, "byte")
}
