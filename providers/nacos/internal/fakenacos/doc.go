// Package fakenacos is a Nacos server that runs in the test process: gRPC (push stream, configs,
// services) and HTTP (config, history, listener, login, readiness, persistent instances) on
// 127.0.0.1.
// Package nacostest gives users a small part of it; the tests of nacre use all of it, faults above
// all.
//
// It answers as a real Nacos 2.3.2 does, or, with [Options.Version] "3.0", as a real 3.0.3 that is
// open and standalone, byte for byte where that matters; one table of tests runs against all four.
// The SDK's Go client (sdktest) and the official Java client (ci/javaclient) work with it.
//
// # What to know about Nacos
//
// A server answers a publish before the content can be read: reads and pushes see it after
// [Options.DumpDelay], and a read right after a publish misses it. Several publishes of one key
// within that time appear as one. A push names a key and carries no content. It goes to every
// connection that listens to the key, the publisher's own included, and even if that connection has
// reported the current md5; publishing the same content again pushes nothing. The server repeats a
// push that is not acknowledged. Deleting a missing key succeeds, and so does publishing into an
// unknown namespace. A compare-and-set on a missing key succeeds whatever md5 it names, and so does
// one of a content for a tag or for addresses. A publish clears the description, the use, the
// effect, the schema and the encryptedDataKey that it does not repeat; application and tags stay
// unless it sends others or empty ones. In a search, *, % and _ are wildcards. In gRPC the
// public namespace is "", and "public" is another one; in HTTP the v2 API and the plain v1 read
// take both for the public one, a v1 publish and delete do not.
//
// A 3.0 differs as follows. "" and "public" are one namespace of configs, and a push uses the name
// that the client has used. The tag of a client is a label of its connection; a header has an
// effect in a listen only. A gray content has the type of the content for all clients. It is
// deleted by its name, "beta" or "tag_…", and deleting one that does not exist is an error. A
// compare-and-set of a gray content that exists succeeds and changes nothing. If the content for
// all clients is deleted, the server keeps the gray contents but serves none of them, until each is
// published again. A config has at most 10 gray contents, and a tag at most 16 characters. The
// history lists gray contents too. Of the HTTP paths of Nacos 2, only those for clients work, and
// an exception in one of them is answered with status 500 and a text that does not give the reason.
// All other paths of Nacos 2 are answered with 410 and the path that replaces them, if there is
// one.
//
// An ephemeral instance belongs to a connection, which has one publication a service, an instance
// or a batch: another registration replaces it, a deregistration removes it whatever address it
// names, and it ends with the TCP connection. Subscribers are pushed the enabled instances 500 ms
// after a change, and once when they subscribe; several changes within that time are one push, and
// reads lag behind until then. Registering the same again pushes. A service has instances of one
// kind, ephemeral or persistent, until it was empty for a minute. Only connections that declare
// the module "naming" may register and subscribe. For services "" and "public" are two namespaces
// in gRPC, and clients send "public".
//
// # Flow
//
// A publish changes the stored state and the history and starts the dump timer. The dump makes the
// stored state the served one and puts a push into the queue of each listening connection. The
// connection's own goroutine sends the push, and a timer sends it again until the client
// acknowledges it. A change of a service starts the timer of its push, which makes the change
// readable too. Faults apply at the TCP connection, the request, the answer and the push.
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
// The server is one node without a cluster, and keeps its state in memory. It has no capacity
// quotas and no encryption plugin. Permissions are per namespace. It checks no health: an instance
// has the health that was registered, also a persistent one, which a real server probes. It has no
// ephemeral instances over HTTP (heartbeats), no reads of services over HTTP, no UDP pushes, no
// selectors, protection thresholds or settings of services and clusters. Services are listed by
// name, instances in the order of their registration; a real server has no order. A read right
// after the first registration of a service always sees it; on a real server it may be too early.
//
// As a 3.0, it has no locks and no MCP, and does not list them among its abilities; its fuzzy watch
// is that of configs alone. It has no console on a port of its own. Of the paths below /v3/admin it
// has those for configs, their history, namespaces, the connections and the state of the server.
// Requests about namespaces need a user without limits. A real 3.0.3 has a mistake that this server
// does not have: a push to a client that uses the name "public" has no namespace if another client
// uses "".
//
// When the server gives up a connection it ends the stream, and the TCP connection below stays
// open. A real 2.3.2 sometimes drops a connection that was silent for 20 s although the client has
// answered its check (a race in the server); this one does not. It accepts JSON field names in any
// letter case, which a real server does not.
package fakenacos
