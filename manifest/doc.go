// Package manifest says which documents belong together: a release, and the SHA-256 of each document in it. A config that has a
// manifest among its layers applies the documents of a release as one version or not at all, whenever and in whatever order they arrive.
//
//	m := manifest.New("2.4.0", map[string][]byte{"orders.yaml": orders, "limits.yaml": limits})
//	m.Sign(key)                              // optional: a service may ask for it
//	client.Publish(ctx, "release.yaml", m.YAML())
//
//	cfg, err := nacre.Open[Config](ctx,
//		nacre.Layer(client.Config("release.yaml"), nacre.Manifest(publicKey)),
//		client.Config("orders.yaml"), client.Config("limits.yaml"))
//
// # Form
//
// A manifest is a document in YAML or JSON:
//
//	release: 2.4.0
//	documents:
//	  limits.yaml: sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03
//	  orders.yaml: sha256:…
//	signature: base64 of an Ed25519 signature
//
// What is signed are the bytes of [Manifest.Signed]: a line "nacre-manifest-1", the release in quotes, and the documents with their
// digests, in the order of their names.
//
// # Concurrency
//
// A Manifest is not safe for concurrent use while it is made; read only, it is.
package manifest
