// Package etcdonce keeps the record of a hook of package fleetonce in a key of etcd.
//
//	store := etcdonce.New(client, "/orders/warm-cache")
//	hook, err := fleetonce.Do(cfg, store, "warm-cache", warm, fleetonce.Options{Keys: []string{"cache"}})
//
// A swap is a transaction on the revision of the key, and so is the creation, which is atomic here:
// a job of each deployment may call fleetonce.Create, and ignore a conflict. The record has no
// lease: the term of the hook bounds a claim. Use a key prefix that no other program writes.
//
// # Concurrency
//
// A store is safe for concurrent use. It starts a watch while its Wait runs.
package etcdonce
