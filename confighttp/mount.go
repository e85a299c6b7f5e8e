package confighttp

import (
	"net/http"
	"strings"
)

// isMountPoint reports whether a request is for the path at which the handler is mounted, and not
// for a path below it. If the request does not say where that is, every path is taken for it.
func isMountPoint(r *http.Request) bool {
	sub, ok := subpath(r)
	return !ok || sub == ""
}

// subpath returns the path of a request below the one at which the handler is mounted, which a
// pattern that ends in a slash gives; "" for that one itself. ok is false if the request has no
// such pattern. Below http.StripPrefix, the path does not begin with the pattern, and is the
// subpath.
func subpath(r *http.Request) (sub string, ok bool) {
	i := strings.IndexByte(r.Pattern, '/') // behind a method and a host
	if i < 0 {
		return "", false
	}
	pattern := strings.TrimSuffix(strings.TrimSuffix(r.Pattern[i:], "*"), "{$}")
	if !strings.HasSuffix(pattern, "/") {
		return "", false
	}
	want, have := strings.Split(pattern, "/"), strings.Split(r.URL.Path, "/")
	last := len(want) - 1 // the empty one behind the last slash
	if len(have) <= last {
		return strings.TrimPrefix(r.URL.Path, "/"), true
	}
	for i, segment := range want[:last] {
		if segment != have[i] && !strings.HasPrefix(segment, "{") {
			return strings.TrimPrefix(r.URL.Path, "/"), true
		}
	}
	return strings.Join(have[last:], "/"), true
}
