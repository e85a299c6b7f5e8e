package fakenacos

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxService, maxCluster, maxIP, maxMetadata = 512, 64, 128, 1024
	maxPort                                    = 65535
)

// check is the filter of the names before the handlers. Empty fields pass it.
func (k serviceKey) check() string {
	if p := checkName("namespaceId/tenant", k.namespace, maxTenant, ""); p != "" {
		return p
	}
	if p := checkText("serviceName", k.name, maxService, serviceName); p != "" {
		return p
	}
	return checkName("group", k.group, maxGroup, ".:")
}

// checkClusters checks a list with commas.
func checkClusters(clusters string) string {
	for c := range strings.SplitSeq(clusters, ",") {
		if p := checkText("cluster", c, maxCluster, func(s string) bool { return nameOf(s, "") }); p != "" {
			return p
		}
	}
	return ""
}

// check is the filter of an instance.
func (b *instanceBody) check() string {
	if b == nil {
		return `Cannot invoke "com.alibaba.nacos.api.naming.pojo.Instance.getIp()" because "instance" is null`
	}
	if p := checkText("cluster", str(b.Cluster), maxCluster, func(s string) bool { return nameOf(s, "") }); p != "" {
		return p
	}
	if p := checkText("ip", str(b.IP), maxIP, dense); p != "" {
		return p
	}
	if b.Port < 0 || b.Port > maxPort {
		return badPort
	}
	size := 0
	for k, v := range b.metadata() {
		size += utf8.RuneCountInString(k) + utf8.RuneCountInString(v)
	}
	if size > maxMetadata {
		return "Param 'Metadata' is illegal, the param length should not exceed " + strconv.Itoa(maxMetadata) + "."
	}
	return ""
}

const badPort = "Param 'port' is illegal, the value should be between 0 and 65535."

func checkText(what, text string, limit int, fine func(string) bool) string {
	switch {
	case blank(text):
		return ""
	case utf8.RuneCountInString(text) > limit:
		return "Param '" + what + "' is illegal, the param length should not exceed " + strconv.Itoa(limit) + "."
	case !fine(text):
		return "Param '" + what + "' is illegal, illegal characters should not appear in the param."
	}
	return ""
}

// dense reports whether a text has neither white space nor Chinese characters.
func dense(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fa5 || strings.ContainsRune(" \t\n\v\f\r", r) })
}

// serviceName lets any character but @ begin the name, as the server does.
func serviceName(s string) bool {
	first, size := utf8.DecodeRuneInString(s)
	return first != '@' && first != '\n' && first != '\r' && dense(s[size:]) && !strings.Contains(s, "@@")
}

// illegal is the check of the handler that registers a single instance.
func (in *instance) illegal(sent *loose) string {
	interval, timeout, remove := heartbeats(in.metadata)
	if timeout < interval || remove < interval {
		return "Instance 'heart beat interval' must less than 'heart beat timeout' and 'ip delete timeout'."
	}
	if c := str(sent); strings.Contains(c, "_") {
		return "Instance 'clusterName' should be characters with only 0-9a-zA-Z-. (current: " + c + ")"
	}
	return ""
}
