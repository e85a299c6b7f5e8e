// Package fakenacos is a Nacos server that runs in the test process: gRPC (push stream, query,
// listen, publish, remove) and HTTP (config, history, listener, login, readiness) on 127.0.0.1.
// Package nacostest gives users a small part of it; the tests of nacre use all of it, faults above
// all.
//
// It answers as a real Nacos 2.3.2 does, byte for byte where that matters; one table of tests runs
// against both. The SDK's Go client (sdktest) and the official Java client (ci/javaclient) work
// with it.
//
// # What to know about Nacos
//
// A server answers a publish before the content can be read: reads and pushes see it after
// [Options.DumpDelay], and a read right after a publish misses it. Several publishes of one key
// within that time appear as one. A push names a key and carries no content. It goes to every
// connection that listens to the key, the publisher's own included, and even if that connection has
// reported the current md5; publishing the same content again pushes nothing. The server repeats a
// push that is not acknowledged. Deleting a missing key succeeds, and so does publishing into an
// unknown namespace. A compare-and-set on a missing key succeeds whatever md5 it names. In gRPC the
// public namespace is "", and "public" is another one; in HTTP the v2 API and the plain v1 read
// take both for the public one, a v1 publish and delete do not.
//
// # Flow
//
// A publish changes the stored state and the history and starts the dump timer. The dump makes the
// stored state the served one and puts a push into the queue of each listening connection. The
// connection's own goroutine sends the push, and a timer sends it again until the client
// acknowledges it. Faults apply at the TCP connection, the request, the answer and the push.
//
// # Concurrency
//
// Everything here is safe for concurrent use. Servers share nothing; a process may have many. Close
// waits until all goroutines of the server have ended.
//
// # Errors
//
// Methods that can fail return an error that names the address or the key, never a content.
//
// # Limits
//
// The server is one node without a cluster, and keeps its state in memory. It has no service
// discovery (naming), no capacity quotas and no encryption plugin. Permissions are per namespace.
// When the server gives up a connection it ends the stream, and the TCP connection below stays
// open. A real 2.3.2 sometimes drops a connection that was silent for 20 s although the client has
// answered its check (a race in the server); this one does not. It accepts JSON field names in any
// letter case, which a real server does not.
package fakenacos
