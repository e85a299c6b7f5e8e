package nacre

import (
	"context"
	"crypto/ed25519"
	"maps"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/source"
)

// Layer gives a source options that hold for this config. It is itself a source, to be passed to Open; without options a source
// needs no Layer.
//
//	nacre.Layer(client.Source("common.yaml"), nacre.AllowUnknown(), nacre.MayBeDown())
func Layer(s source.Source, options ...LayerOption) source.Source {
	l, ok := s.(*optioned)
	if !ok {
		l = &optioned{engine.Layer{Source: s}}
	} else {
		l = &optioned{l.layer}
	}
	for _, o := range options {
		o.apply(&l.layer)
	}
	return l
}

// LayerOption is an option of [Layer].
type LayerOption interface{ apply(*engine.Layer) }

type layerOption func(*engine.Layer)

func (f layerOption) apply(l *engine.Layer) { f(l) }

// AllowUnknown lets the layer have keys that no field has. Default: an unknown key is a problem. It is for documents that
// several services share.
func AllowUnknown() LayerOption {
	return layerOption(func(l *engine.Layer) { l.AllowUnknown = true })
}

// DropWhenAbsent lets a document that is deleted while the service runs fall back to the layers below. Default: its last content
// stays in use, and the deletion is reported.
func DropWhenAbsent() LayerOption {
	return layerOption(func(l *engine.Layer) { l.DropWhenAbsent = true })
}

// MayBeDown lets Open succeed without the layer when it is down and there is no last known good copy of it; it joins when it is up.
// Open still waits for it, at most Options.BootTimeout. Until it has joined, Health shows its trouble and is ready without it.
// Default: Open fails.
func MayBeDown() LayerOption {
	return layerOption(func(l *engine.Layer) { l.MayBeDown = true })
}

// Manifest says that the layer's document is a manifest (package manifest). It holds no
// configuration, but lists which documents of the other layers are one release. The engine applies
// a release as one version once all its documents are there, never a part of it, and holds them
// until then. Manifest does not look at a signature: whoever can write the document decides what it
// says. A config has at most one manifest.
//
// A service that starts while a release is half published starts from its last known good copy.
func Manifest() LayerOption {
	return layerOption(func(l *engine.Layer) { l.Manifest = true })
}

// SignedManifest is like [Manifest], but one of the keys must have signed the document. The engine
// refuses documents that the manifest does not list, except those of sources that are
// [source.Trusted], such as files and the environment; see [TrustUnsigned] and [RequireSigned]. The
// audience of a release must include this service: Options.Service, and the namespace and group of
// the manifest. Its sequence must be higher than that of every release that was live here, as far as
// the last known good copy remembers: an old release that somebody puts back is held until
// [Config.Approve]. See docs/manifests.md for the rules.
//
// Open refuses a key that does not have 32 bytes, that is given twice, or that anybody can make
// signatures for. To replace a key, give services the new one beside the old one first.
func SignedManifest(key ed25519.PublicKey, more ...ed25519.PublicKey) LayerOption {
	keys := append([]ed25519.PublicKey{key}, more...)
	return layerOption(func(l *engine.Layer) { l.Manifest, l.ManifestKeys = true, slices.Concat(l.ManifestKeys, keys) })
}

// TrustUnsigned exempts the layer's documents from signatures where there is a [SignedManifest]. A
// document that the manifest lists must still match it. By default, only sources that are
// [source.Trusted] are exempt, such as files and the environment.
func TrustUnsigned() LayerOption {
	return layerOption(func(l *engine.Layer) { l.TrustUnsigned, l.RequireSigned = true, false })
}

// RequireSigned ends the exemption of a source that is [source.Trusted]. Use it for files that
// another program writes, such as a folder that is synchronised with a repository. Open fails if
// there is no [SignedManifest].
func RequireSigned() LayerOption {
	return layerOption(func(l *engine.Layer) { l.TrustUnsigned, l.RequireSigned = false, true })
}

// WithoutChangeGuard lets the layer's documents lose as many keys as they like; see Options.MaxKeyLoss. It is for documents that come and go,
// such as overrides.
func WithoutChangeGuard() LayerOption {
	return layerOption(func(l *engine.Layer) { l.WithoutChangeGuard = true })
}

// Resolve lets the layer's documents refer to texts that are kept elsewhere, by "${scheme:name}" in any text of theirs; "$${" is meant as
// it stands. The resolver gives the text of a name, when the document is read; it must be safe for concurrent use, and has 5 s. What it
// gives is asked for again from time to time ([RefreshEvery]), and is never shown: reports have the reference, or nothing for a secret field. If it fails, the change is rejected, and tried again later;
// Open tries for BootTimeout. A scheme of small
// letters, digits and hyphens; a layer may have several. Default: what looks like a reference is text.
//
// A reference is the whole value of a key, or a part of a text without rules that measure it, such as a connection string; anywhere
// else it is refused, unless [AllowEmbedding] allows it.
//
// Whoever may write the layer can have anything that its resolvers give put into any key of it: give it those that he may use.
func Resolve(scheme string, resolver func(ctx context.Context, name string) (string, error)) LayerOption {
	return layerOption(func(l *engine.Layer) {
		l.Resolvers = maps.Clone(l.Resolvers) // a layer that was given options before is another one
		if l.Resolvers == nil {
			l.Resolvers = map[string]engine.Resolver{}
		}
		l.Resolvers[scheme] = resolver
	})
}

// RefreshEvery is how often a layer's references are resolved again, to see whether they stand for something else: a secret that was rotated is a
// change like any other. One that cannot be resolved then stands for what it did. Default 1 min, give or take a tenth; negative is
// never.
func RefreshEvery(every time.Duration) LayerOption {
	return layerOption(func(l *engine.Layer) { l.RefreshEvery = every })
}

// ResolveFiles is Resolve for "${file:name}": the text of a file in the folder dir, such as /run/secrets, by its name or its whole path,
// without the line's end that it may have. Files outside of the folder are not read, wherever links lead.
func ResolveFiles(dir string) LayerOption { return Resolve("file", fileResolver(dir)) }

// ResolveEnv is Resolve for "${env:NAME}": the variables of the environment with those names, and no others.
func ResolveEnv(names ...string) LayerOption { return Resolve("env", envResolver(names)) }

// AllowEmbedding lets references of these schemes stand anywhere: as a part of a number or duration ("${env:N}s"), of a text that has
// a rule, in fields that a rule compares with another key or item, and in texts that are read as maps. Default: a reference may be the whole value of a key, or a part of a
// text without rules, such as a connection string. Whoever may edit the document can find by trial what such a reference stands
// for: allow it for what is not secret.
func AllowEmbedding(schemes ...string) LayerOption {
	return layerOption(func(l *engine.Layer) {
		l.Embeddable = maps.Clone(l.Embeddable)
		if l.Embeddable == nil {
			l.Embeddable = map[string]bool{}
		}
		for _, scheme := range schemes {
			l.Embeddable[scheme] = true
		}
	})
}

// Decrypt makes the data of the layer's documents readable before they are decoded: for a document that is encrypted as a whole. Digests
// are checked before, and the last known good copy keeps the data as it came. The function must be safe for concurrent use, and has 5 s. If it
// fails, the change is rejected, and tried again later. Default: documents are readable.
func Decrypt(decrypt func(ctx context.Context, d source.Document) ([]byte, error)) LayerOption {
	return layerOption(func(l *engine.Layer) { l.Decrypt = decrypt })
}

// optioned is a source with options. Open unwraps it, so that the source's own abilities are found.
type optioned struct{ layer engine.Layer }

func (o *optioned) Name() string { return o.layer.Source.Name() }

func (o *optioned) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	return o.layer.Source.Next(ctx, prev)
}
