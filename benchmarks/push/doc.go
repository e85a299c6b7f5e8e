// Push measures, side by side, how soon clients of Nacos see what changed, and what they cost while
// nothing does: the listener of nacos-sdk-go, nacre's sources on the SDK's client, nacre's session,
// and a whole nacre.Open on that session.
//
//	go -C benchmarks run ./push                                             starts a real server (needs Java and Maven)
//	go -C benchmarks run ./push -addr 127.0.0.1:8848 -n 2,10,100,1000,3000  uses that one
//	go -C benchmarks run ./push -addr inprocess -tries 1                    needs Go alone
//
// # Flow
//
// Each try has a client in a process of its own and N configs of its own, which are removed
// afterwards. When the client has heard of all of them and nothing has moved for the time of
// -settle, all N are published together by a third client, and the command waits until each was
// heard of, or -wait has passed. The clients take turns.
//
// Two more: with -adding, configs change while a client adds its listeners, each just after its own
// was added. With -recovery the server, if this command has started it, is killed under a client
// that listens, and started again; as soon as it takes writes the configs change.
//
// Then what has nothing to do with pushes: -idle listeners are watched for -idle-for, through a
// proxy that counts the requests, and a small program on each client is built and weighed.
//
// # What the figures are
//
// Shares and "all fresh" count from the moment at which the last publish was answered; a latency
// counts from the moment at which the publish of its config was sent. Both end when the client's
// process has told of the new content through a pipe, which costs all clients the same tenth of a
// millisecond. A client has told when its callback ran (SDK), Next returned (session), or a
// subscriber was called (Open).
//
// Requests are calls of gRPC and requests of HTTP. Memory is what the system counts as resident,
// above that of a process of the same client with one listener: once ten seconds after the start,
// and once when Go's collector, which comes every two minutes where little happens, has given back
// what the start needed. Both processes run at the same time.
//
// # Limits
//
// The SDK's log is thrown away, because it has contents in it; its files are in a temporary folder.
// What else runs on the machine shows in the figures. Without -addr it runs on Linux alone.
package main
