// Package nacossdk makes sources of a config client of nacos-sdk-go that a service has already, so
// that it can use nacre without a second connection:
//
//	client, err := nacossdk.New(sdkClient)
//	if err != nil {
//		return err
//	}
//	cfg, err := nacre.Open[Config](ctx, client.Source("orders.yaml"))
//
// # When to use it
//
// The package providers/nacos, a session of nacre's own, is better in all but one thing: the
// connection. With the SDK's client a change that it loses (of several within milliseconds, most)
// is seen with the next reconcile, 30 s later and not at once; a server that cannot be reached may
// look like one that can; what the SDK writes to disk and logs, it goes on writing; and a binary
// has the SDK's 220 packages. Use this one while parts of a service still need the SDK's client, or
// where its encryption (KMS) is needed, and move when they do not.
//
// # What is taken from the SDK, and what is not
//
// Its listener only wakes: the content that it hands over is not looked at, the config is read.
// Each config is read every 30 s too, give or take a tenth, since wakes get lost: that is the bound
// of staleness. One listen is made for a key and client in the process, however many sources have
// it, since the SDK drops a second one in silence; so a key that the service's own code listens to,
// by the same client, wakes that code and not this package, and closing the last source here ends
// that listen too.
//
// The transport is the SDK's too: it logs in by the Scheme of each ServerConfig, which is "http" by
// default, even where TLSCfg turns TLS on for gRPC. Set Scheme to "https" to keep the password off
// the network.
//
// The SDK's calls know no context and may hang. No method here waits for one: at most four are
// under way for a client, and one that hangs keeps its place. A panic in one is an error.
//
// A client that may use its disk copies, which is how the SDK comes, hands one out when the server
// fails, without saying so. Nothing that it returns proves anything, so sources of such a client
// are no [source.FreshnessReporter]. With DisableUseSnapShot they are.
package nacossdk
