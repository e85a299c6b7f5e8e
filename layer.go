package nacre

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nacre-go/nacre/internal/engine"
	"github.com/nacre-go/nacre/internal/pipeline"
	"github.com/nacre-go/nacre/internal/tree"
	"github.com/nacre-go/nacre/source"
)

// Layer returns a source with options that apply to its use in one config. Pass it to Open in place
// of the source.
//
//	nacre.Layer(client.Source("common.yaml"), nacre.AllowUnknown(), nacre.MayBeDown())
func Layer(s source.Source, options ...LayerOption) source.Source {
	l := &optioned{layerOf(s)}
	for _, o := range options {
		o.apply(&l.layer)
	}
	return l
}

// LayerOption is an option of [Layer].
type LayerOption interface{ apply(*engine.Layer) }

type layerOption func(*engine.Layer)

func (f layerOption) apply(l *engine.Layer) { f(l) }

// AllowUnknown accepts keys that no field has, and does not report them as unused. Without
// arguments it accepts every key, for documents that several services share. With keys such as
// "billing" or "db.legacy", written as for [Config.Explain], it accepts these and everything below
// them, and changes nothing for other keys. The keys are full ones, also for a document [Under] a
// key. AllowUnknown precedes what the source says of its documents.
//
// The default depends on the layer, as [Shared] and [Strict] explain. Keys that begin with "x-",
// and "$schema", are accepted in every layer and never reported.
func AllowUnknown(keys ...string) LayerOption {
	return layerOption(func(l *engine.Layer) {
		if len(keys) == 0 {
			l.AllowUnknown, l.Strict = true, false
			return
		}
		l.Allowed = slices.Clip(l.Allowed) // a layer that was given options before is another one
		for _, key := range keys {
			p, ok := tree.ParsePath(key)
			if !ok {
				l.OptionErr = errors.Join(l.OptionErr, &source.Error{Kind: source.InvalidArgument, Op: "allow unknown keys",
					Err: fmt.Errorf("not a key: %q", key), Fix: `write it as db.legacy or labels."app.io/name"`})
				continue
			}
			l.Allowed = append(l.Allowed, p)
		}
	})
}

// Shared declares that several versions of the service read the layer's documents, as they do
// during a deploy. An unknown key is then rejected only if it looks like a misspelling of a key in
// the same map; any other unknown key is accepted, and reported as unused. See
// docs/rolling-deploys.md.
//
// Shared is the default for every layer that is not local: [source.Description].Local decides. Set
// it for a local layer whose documents outlive a version of the program, such as a mounted
// ConfigMap, or a folder that another program writes.
func Shared() LayerOption {
	return layerOption(func(l *engine.Layer) { l.Shared, l.Strict, l.AllowUnknown = true, false, false })
}

// Strict rejects every unknown key, except those that an AllowUnknown with keys names. It is the
// default for local layers, such as files and the environment. A document of a strict layer must be
// right for the oldest and the newest version of the service that read it.
func Strict() LayerOption {
	return layerOption(func(l *engine.Layer) { l.Strict, l.Shared, l.AllowUnknown = true, false, false })
}

// AbsentOK lets Open succeed without a document of the layer: a file or folder that does not exist,
// or a data ID that is not in Nacos. The document joins when it appears. Health and the log show
// that it is absent. The default, for every source, is that Open fails with an error of kind
// NotFound, or starts with the last known good copy of a document that existed before. Files that
// file.WithFile and file.WithDir add to a layer may be missing in any case.
//
// AbsentOK is not [MayBeDown]: an origin that answers and has no document is not down. See
// docs/last-known-good.md for what happens in each case.
func AbsentOK() LayerOption {
	return layerOption(func(l *engine.Layer) { l.AbsentOK = true })
}

// RelaxedKeys lets the layer's documents have the keys of the struct in other spellings, as Spring
// does: maxConns, max-conns, MAX_CONNS and MAXCONNS all mean max_conns. Use it for documents that
// Java services read too. The key of the struct takes precedence over a spelling. It is an error if
// a document has two spellings of one key with different values, or one that fits two keys.
// Problems and Explain name the key of the struct, and show the place and the spelling of the
// document.
//
// The keys of a map are data, and are never changed. The default is that keys match exactly, except
// in the names of variables and properties, where case, '-' and '_' do not count.
func RelaxedKeys() LayerOption {
	return layerOption(func(l *engine.Layer) { l.Decoder.Relaxed = true })
}

// DropWhenAbsent drops the content of a document that is deleted while the service runs, so that
// the values of lower layers take effect. The document may also be missing at the start, as with
// [AbsentOK], so that the service can restart after the deletion. The default is that its last
// content stays in use, and that the deletion is reported.
func DropWhenAbsent() LayerOption {
	return layerOption(func(l *engine.Layer) { l.DropWhenAbsent = true })
}

// MayBeDown lets Open succeed without the layer if it is down and has no last known good copy. The
// layer joins when its source recovers. Open still waits for it, at most Options.BootTimeout. Until
// then Health shows the error, and the config is ready without the layer. The default is that Open
// fails.
func MayBeDown() LayerOption {
	return layerOption(func(l *engine.Layer) { l.MayBeDown = true })
}

// Manifest declares that the layer's document is a manifest; see package manifest. A manifest holds
// no configuration. It lists which documents of the other layers are one release. The config
// applies a release as one version when all of its documents have arrived, and holds them until
// then. Manifest does not verify a signature: anyone who can write the document decides what it
// says. A config has at most one manifest.
//
// A service that starts while a release is only partly published starts from its last known good
// copy.
func Manifest() LayerOption {
	return layerOption(func(l *engine.Layer) { l.Manifest = true })
}

// SignedManifest is like [Manifest], and requires a signature of one of the keys. The config
// rejects documents that the manifest does not list, except those of trusted sources, such as files
// and the environment; see [TrustUnsigned] and [RequireSigned]. The audience of a release must
// include this service: Options.Service, and the namespace and group of the manifest. The sequence
// must be higher than that of every release that was live here, as far as the last known good copy
// records it: an old release that is put back is held until [Config.Approve]. See docs/manifests.md
// for the rules.
//
// Open rejects a key that does not have 32 bytes, that is given twice, or for which anyone can make
// signatures. To replace a key, first give the services the new one in addition to the old one.
func SignedManifest(key ed25519.PublicKey, more ...ed25519.PublicKey) LayerOption {
	keys := append([]ed25519.PublicKey{key}, more...)
	return layerOption(func(l *engine.Layer) { l.Manifest, l.ManifestKeys = true, slices.Concat(l.ManifestKeys, keys) })
}

// TrustUnsigned exempts the layer's documents from the signature that a [SignedManifest] requires.
// A document that the manifest lists must still match it. The default is that only trusted sources
// are exempt, such as files and the environment.
func TrustUnsigned() LayerOption {
	return layerOption(func(l *engine.Layer) { l.TrustUnsigned, l.RequireSigned = true, false })
}

// RequireSigned ends the exemption of a trusted source. Use it for files that another program
// writes, such as a folder that is synchronized with a repository. Open fails if there is no
// [SignedManifest].
func RequireSigned() LayerOption {
	return layerOption(func(l *engine.Layer) { l.TrustUnsigned, l.RequireSigned = false, true })
}

// WithoutChangeGuard lets the layer's documents lose any number of keys; see Options.MaxKeyLoss.
// Use it for documents that come and go, such as overrides. The default is that the change guard
// applies.
func WithoutChangeGuard() LayerOption {
	return layerOption(func(l *engine.Layer) { l.WithoutChangeGuard = true })
}

// Resolve lets the layer's documents refer to texts that are kept elsewhere. A reference is written
// "${scheme:name}"; write "$${" for a literal "${". The resolver returns the text of a name. It is
// called when a document is read, and again from time to time ([RefreshEvery]); it must be safe for
// concurrent use, and has 5 s. If it fails, the change is rejected and tried again later; Open
// tries for BootTimeout. Reports never show the text: they show the reference, or nothing for a
// secret field. A scheme consists of lower-case letters, digits and hyphens. A layer can have
// several schemes. The default is none: a reference is then text, which Health reports, or an error
// where it surely is a mistake; see docs/secrets.md.
//
// "${scheme:name:default}" gives a default. The resolver is called with everything after the
// scheme. If its error is an io/fs.ErrNotExist, it is called with what is before the first colon,
// and if that does not exist either, the rest is the value. No other error uses the default. The
// field reads the text of a reference that is its whole value as it reads a variable: a number
// needs no quotes.
//
// A reference must be the whole value of a key, or part of a text that no rule measures, such as a
// connection string. Elsewhere it is rejected, unless [AllowEmbedding] allows it.
//
// Anyone who can write the layer can put any text that its resolvers return into any of its keys,
// so give a layer only resolvers for what its writers may use.
func Resolve(scheme string, resolver func(ctx context.Context, name string) (string, error)) LayerOption {
	return layerOption(func(l *engine.Layer) {
		l.Resolvers = maps.Clone(l.Resolvers) // a layer that was given options before is another one
		if l.Resolvers == nil {
			l.Resolvers = map[string]pipeline.Resolver{}
		}
		l.Resolvers[scheme] = resolver
	})
}

// RefreshEvery sets how often the config resolves a layer's references again. A secret that was
// rotated is a change like any other; a reference that cannot be resolved keeps its last text. The
// default is 1 min, plus or minus a tenth; with [Off] references are not resolved again.
func RefreshEvery(every time.Duration) LayerOption {
	return layerOption(func(l *engine.Layer) { l.RefreshEvery = every })
}

// ResolveFiles is [Resolve] for "${file:name}": the text of a file in the folder dir, such as
// /run/secrets, without a final line break. The name is relative to dir, or an absolute path in it.
// Files outside of the folder are not read, even through links.
func ResolveFiles(dir string) LayerOption { return Resolve("file", fileResolver(dir)) }

// ResolveEnv is [Resolve] for "${env:NAME}": the environment variables with the given names, and no
// others.
func ResolveEnv(names ...string) LayerOption { return Resolve("env", envResolver(names)) }

// AllowEmbedding lets references of these schemes be part of any value: of a number or duration
// ("${env:N}s"), of a text that has a rule, of a field that a rule compares with another key or
// item, and of a text that is read as a map. The default is that a reference must be the whole
// value of a key, or part of a text without rules. Anyone who can edit the document can find the
// text of such a reference by trial, so allow it only for schemes whose texts are not secret.
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

// Decrypt sets a function that decrypts the data of the layer's documents before they are decoded,
// for documents that are encrypted as a whole. Digests are verified before, and the last known good
// copy keeps the encrypted data. The function must be safe for concurrent use, and has 5 s. If it
// fails, the change is rejected and tried again later. The default is none.
func Decrypt(decrypt func(ctx context.Context, d source.Document) ([]byte, error)) LayerOption {
	return layerOption(func(l *engine.Layer) { l.Decrypt = decrypt })
}

// optioned is a source with options.
type optioned struct{ layer engine.Layer }

// Unwrap returns the source, so that Open finds its abilities and options through a decorator.
func (o *optioned) Unwrap() source.Source { return o.layer.Source }

// layerOf returns a source with the options of the Layer that it is, or that it wraps.
func layerOf(s source.Source) engine.Layer {
	var l engine.Layer
	if o, ok := source.As[*optioned](s); ok {
		l = o.layer
	}
	if o, ok := s.(*optioned); !ok || o == nil {
		l.Source = s
	}
	return l
}

func (o *optioned) Name() string { return o.layer.Source.Name() }

func (o *optioned) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	return o.layer.Source.Next(ctx, prev)
}
