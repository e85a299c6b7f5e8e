package nacos

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/nacre-go/nacre/source"
)

// returned is a content of several configs that Next has returned.
type returned struct {
	revision source.Revision
	configs  []configMD5
}

// configMD5 is one config of a content.
type configMD5 struct {
	source *configSource
	md5    string
}

// maxReturned bounds the contents that are remembered where none is acknowledged.
const maxReturned = 16

// remember adds a content to those that may still be acknowledged, the newest last.
func remember(all []*returned, revision source.Revision, configs []configMD5) []*returned {
	all = slices.DeleteFunc(all, func(r *returned) bool { return r.revision == revision })
	all = append(all, &returned{revision, configs})
	if more := len(all) - maxReturned; more > 0 {
		all = slices.Delete(all, 0, more)
	}
	return all
}

// acknowledged returns the remembered content that is live now, and those that may still be
// acknowledged: it and the later ones. It returns nil and all of them if it does not remember the
// revision.
func acknowledged(all []*returned, revision source.Revision) (live *returned, left []*returned) {
	i := slices.IndexFunc(all, func(r *returned) bool { return r.revision == revision })
	if i < 0 {
		return nil, all
	}
	return all[i], all[i:]
}

// report reports the md5 of each config to the server.
func (r *returned) report() {
	for _, c := range r.configs {
		if c.source.bad == nil {
			c.source.client.session.table.acknowledge(c.source.entry, c.source, c.md5)
		}
	}
}

// The kinds of the revisions of such contents.
const (
	revisionRoute = "route:"
	revisionMatch = "match:"
)

// revisionOf returns the revision of a content of several configs: a digest of their names, places
// and revisions.
func revisionOf(kind string, parts ...string) source.Revision {
	size := 0
	for _, p := range parts {
		size += len(p) + len("12345:")
	}
	text := make([]byte, 0, size)
	for _, p := range parts {
		text = append(append(strconv.AppendInt(text, int64(len(p)), 10), ':'), p...)
	}
	digest := sha256.Sum256(text)
	return source.Revision(kind + hex.EncodeToString(digest[:16]))
}
