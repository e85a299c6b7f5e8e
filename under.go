package nacre

import (
	"errors"
	"slices"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// MergeYAMLDocuments lets a text of the layer consist of several YAML documents, separated by
// "---". They are merged in order, as the documents of several layers are: a later one overrides an
// earlier one. The default is that a second YAML document is a problem, because one of the two may
// be there by mistake.
func MergeYAMLDocuments() LayerOption {
	return layerOption(func(l *engine.Layer) { l.Decoder.Stream = true })
}

// Under returns a source whose documents belong under a key, such as "kitex.retry", and do not have
// the keys of the struct themselves. Use it for documents whose form another program decides. The
// document is the value of the key, whatever its root is: a map, a list, or one value. A document
// of plain text ([source.FormatText]) is a string, or in place of a list its lines. An empty
// document sets nothing.
//
//	nacre.Under("tls.cert", file.New("/etc/tls/tls.crt"))
//
// Problems and Explain show the full key and the line in the document. Everything else about the
// source stays as it is: its options, its name, its digest in a manifest and its last known good
// copy. Open rejects a key that is not a path of keys.
func Under(key string, s source.Source) source.Source {
	l := layerOf(s)
	at, err := keyPath(key)
	if err != nil {
		l.OptionErr = errors.Join(l.OptionErr, err)
	}
	l.Decoder.At = slices.Concat(at, l.Decoder.At)
	return &optioned{l}
}

// keyPath returns the path of a key below which a document belongs.
func keyPath(key string) (tree.Path, error) {
	at, ok := tree.ParsePath(key)
	for _, segment := range at {
		_, item := tree.ItemIndex(segment)
		ok = ok && !item
	}
	if !ok || len(at) == 0 {
		return nil, &source.Error{Kind: source.InvalidArgument, Op: "put document under key", Document: key, Err: errors.New("not a path of keys"),
			Fix: "write it as kitex.retry; a document cannot be an item of a list"}
	}
	return at, nil
}
