// Package leaseonce keeps the record of a hook of package fleetonce in a Lease of Kubernetes.
//
//	leases := clientset.CoordinationV1().Leases("orders")
//	store := leaseonce.New(leases, "warm-cache")
//	hook, err := fleetonce.Do(cfg, store, "warm-cache", warm, fleetonce.Options{Keys: []string{"cache"}})
//
// The record is the annotation [Annotation] of the Lease; holderIdentity shows the holder. A swap
// is an update with the resourceVersion. The Lease is not renewed: the term of the hook bounds a
// claim. The creation is atomic, so that a job of each deployment may call fleetonce.Create, and
// ignore a conflict.
//
// An instance needs the verbs get, update, list and watch on this one Lease, and the operator
// create.
//
// # Concurrency
//
// A store is safe for concurrent use. It has a watch while its Wait runs.
package leaseonce
