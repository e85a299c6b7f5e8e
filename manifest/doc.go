// Package manifest says which documents belong together: a release, and the SHA-256 of each
// document in it. A config that has a manifest among its layers applies the documents of a release
// as one version or not at all, whenever and in whatever order they arrive. A signed manifest also
// says who made the release, for whom, and which release follows which.
//
//	m := manifest.New("2.4.0", map[string][]byte{"orders.yaml": orders, "limits.yaml": limits})
//	m.Sequence = 17                                                  // higher than that of every release before
//	m.Audience = []manifest.Audience{{Namespace: "prod", Group: "*", Service: "orders"}}
//	data, err := manifest.Sign(m.YAML(), key)
//	client.Publish(ctx, "release.yaml", data)
//
//	cfg, err := nacre.OpenWith[Config](ctx, nacre.Options{Service: "orders"},
//		nacre.Layer(client.Source("release.yaml"), nacre.SignedManifest(publicKey)),
//		client.Source("orders.yaml"), client.Source("limits.yaml"))
//
// # Form
//
// A manifest is a text in a small part of YAML:
//
//	nacre-manifest: 2
//	release: 2.4.0
//	sequence: 17
//	traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
//	expires: 2027-01-31T00:00:00Z
//	audience:
//	- namespace: prod
//	  group: "*"
//	  service: orders
//	documents:
//	- name: limits.yaml
//	  format: yaml
//	  sha256: 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03
//	- name: orders.yaml
//	  namespace: prod
//	  group: ORDERS
//	  format: yaml
//	  sha256: …
//	signature: base64 of an Ed25519 signature
//
// The first line is fixed. Comments and blank lines have lines of their own. A value is a text on
// one line: plain, in single quotes, or in the double quotes of JSON. The rest of YAML is rejected,
// so that a text has one meaning and is parsed in time proportional to its size.
//
// A document without namespace or group is in those of the manifest, or in a source that has none,
// such as a file. The signed text is everything above the line of the signature, with lines that
// end in "\n". A signature that another tool makes, such as "openssl pkeyutl -sign -rawin", is
// valid too. [Verify] verifies the signature before it parses anything.
//
// # Concurrency
//
// All functions are safe for concurrent use. A Manifest is safe to read concurrently.
//
// # Limits
//
// A manifest has at most 1 MiB with its signature, 2000 documents and 100 entries of an audience. A
// name, a pattern or another value has at most 1024 bytes. A larger manifest is rejected.
package manifest
