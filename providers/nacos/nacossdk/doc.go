// Package nacossdk makes sources of a config client of nacos-sdk-go, so that a service that has one
// can use nacre without a second connection:
//
//	client, err := nacossdk.New(sdkClient)
//	if err != nil {
//		return err
//	}
//	cfg, err := nacre.Open[Config](ctx, client.Source("orders.yaml"))
//
// # When to use it
//
// Package nacos, with nacre's own session, is better in everything but the second connection. The
// SDK's client loses most of several changes within milliseconds: a source of this package then
// sees them with the next reconcile, up to 30 s later. A server that is down may look like one that
// works. The SDK continues to write its disk copies and logs, and adds its 220 packages to the
// program. Use this package while parts of a service still need the SDK's client, or if you need
// its encryption (KMS).
//
// # How it uses the SDK
//
// The SDK's listener only wakes a source; the source then reads the config and ignores the content
// that the listener received. Since listeners miss changes, a source also reads its config every 30
// s, give or take a tenth, which bounds its staleness. With more than 600 configs it reads them
// more slowly, since each read is a request: see [ReconcileEvery]. While the server fails, a few
// reads try it, and all configs wait for them.
//
// The SDK silently drops a second listen on a key. So the package listens once per key and client
// in the process, however many sources there are. If the service itself listens to a key with the
// same client, that listener receives the changes and this package does not; and when the last
// source of the key closes, that listen ends too.
//
// The SDK logs in with the Scheme of each ServerConfig, which is "http" by default, even if TLSCfg
// turns on TLS for gRPC. Set Scheme to "https" to keep the password off the network.
//
// The SDK's calls take no context and may hang. No method of this package waits for one: at most
// four calls of a client run at a time, and a call that hangs keeps its place. A panic in a call is
// an error.
//
// By default the SDK's client returns its disk copies when the server fails, without saying so. Its
// answers then prove nothing, so sources of such a client do not implement
// [source.FreshnessReporter]. With DisableUseSnapShot they do.
package nacossdk
