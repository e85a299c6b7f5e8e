package nacos

import (
	"cmp"
	"context"
	"strings"

	"github.com/nacre-go/nacre/internal/releaseline"
	"github.com/nacre-go/nacre/source"
)

// OnPublish sets a function that traces each [Client.Publish]. Publish calls f with its context and
// the config, as "public/DEFAULT_GROUP/orders.yaml", when it begins, and done with its error when
// it ends; done may be nil. The trace parent, in the form of W3C Trace Context, goes to the
// instances with the option [ReleaseLine]; an invalid one is ignored. Publish ignores a panic of f
// and done, and waits for both. Default: none. Package otelobserve has such a function.
func OnPublish(f func(ctx context.Context, config string) (traceParent string, done func(error))) Option {
	return option(func(o *options) { o.onPublish = f })
}

// ReleaseLine puts the line "# nacre: release=2.4.0 traceparent=…" at the start of the content, in
// place of the one that it has. The instances then report the release and the trace of a change.
// The release has at most 128 ASCII letters, digits and characters of "._-+/:@"; empty names none.
// The trace is that of [OnPublish], if there is one; with neither, Publish removes the line.
//
// The line changes the bytes and the md5 of the config. Without this option, Publish sends the
// content as it is. A format without comments, such as JSON, is an error of kind InvalidArgument.
func ReleaseLine(release string) PublishOption {
	return publishOption(func(o *publishOptions) { o.line, o.release = true, release })
}

// lineFormat returns the format in which a release line is written. The error says why there is
// none.
func (o *publishOptions) lineFormat(k Key) (format string, err error) {
	format = cmp.Or(o.format, source.FormatOf(k.DataID), strings.ToLower(o.addition["type"]))
	switch {
	case o.release != "" && !releaseline.IsRelease(o.release):
		return "", errBadContent(k, InvalidContent, "the release is not valid in a release line", "use at most 128 letters, digits and ._-+/:@")
	case strings.HasPrefix(k.DataID, "cipher-"):
		return "", errBadContent(k, InvalidContent, "an encrypted content has no release line", "put the line in front of the text before it is encrypted, or name the release in a manifest")
	case !releaseline.HasComments(format):
		return "", errBadContent(k, InvalidContent, "the format has no comments, and so no release line", "publish without ReleaseLine, or name the release in a manifest")
	}
	return format, nil
}

// beginPublish calls the function of OnPublish. The function that it returns ends the call.
func (c *Client) beginPublish(ctx context.Context, k Key) (traceParent string, done func(error)) {
	if c.onPublish == nil {
		return "", func(error) {}
	}
	var end func(error)
	ignorePanic(func() { traceParent, end = c.onPublish(ctx, k.String()) })
	if !releaseline.IsTraceParent(traceParent) {
		traceParent = ""
	}
	return traceParent, func(err error) {
		if end != nil {
			ignorePanic(func() { end(err) })
		}
	}
}

// ignorePanic calls f and recovers from a panic.
func ignorePanic(f func()) {
	defer func() { _ = recover() }()
	f()
}
