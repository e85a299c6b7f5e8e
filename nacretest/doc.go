// Package nacretest makes configs for tests of services: from a Go value, without files, servers or
// waiting.
//
//	func TestOrders(t *testing.T) {
//		t.Parallel()
//		cfg := nacretest.New(t, Config{Addr: ":0", DB: DB{DSN: nacre.NewSecret("test"), Pool: 10}})
//		service := NewService(cfg) // takes a *nacre.Config[Config]
//
//		if err := nacretest.Update(cfg, func(c *Config) { c.DB.Pool = 20 }); err != nil {
//			t.Fatal(err)
//		}
//		// Subscribers have been called: the pool of the service has 20 connections now.
//	}
//
// The config is a real one. A value goes through validation, the builds of [nacre.Derive], the swap
// and the subscribers, as a change of a document does in production. Health, History, Explain,
// Rollback and sections work. Only the source is different: it is the value.
//
// # Values
//
// [nacre.Config.Get] returns a value that is deeply equal to the one that was set, whatever its
// fields are: Secrets, times, functions, fields that are not bound, nil and empty lists. A value is
// complete as it is given. So a zero field stays zero, and the tag `default` has no effect. For a
// test with the defaults, open a config on a document: [nacre.Open] with package providers/memory,
// which also tests the keys and formats of documents.
//
// Setting a value copies it, so the test may change its own afterwards. What a document cannot
// fill is shared and not copied: fields with the tag `config:"-"`, unexported fields, functions.
//
// # Time
//
// [Set] and [Update] return when the new value is live and its subscribers have returned, so a test
// needs no sleep. All goroutines of a config end in a cleanup of the test. In a bubble of
// testing/synctest, call [New] in the bubble, with the *testing.T of the bubble.
//
// # Errors
//
// New ends the test if the value is rejected. Set and Update return the error that a publisher of
// such a document would cause: Problems with the key of each field, a build that fails, or a change
// that is held. The log of the config goes to the log of the test, which `go test` shows if the
// test fails or with -v.
package nacretest
