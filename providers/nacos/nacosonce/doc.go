// Package nacosonce keeps the record of a hook of package fleetonce in a config of Nacos.
//
//	store := nacosonce.New(client, "orders.warm-cache")
//	hook, err := fleetonce.Do(cfg, store, "warm-cache", warm, fleetonce.Options{Keys: []string{"cache"}})
//
// # The record
//
// An operator creates the config once, with fleetonce.Create: on a Nacos server several creations
// of one config at the same time may all succeed, and the content may be that of any. A swap of a
// config that exists has one winner. So do not delete the config while instances run the hook, and
// do not edit it. Anyone who can write the config can make the fleet run the hook again, or not at
// all.
//
// A server writes each change to its history and pushes it to the instances: two changes for a
// version that succeeds at once.
//
// # Servers
//
// The swap is a publish with nacos.IfMD5. Before its first swap a store publishes the record as it
// is, with an md5 that does not match: a server that accepts that, as r-nacos does, ignores the
// md5, and the store refuses it with kind InvalidArgument. A cluster may refuse it without a
// reason; the store then checks that the cluster takes the same publish with the md5 that matches.
// Create checks the server with Client.ProbeIfMD5 first. A cluster whose database fails over to a
// replica that is behind may lose a claim that it has confirmed.
//
// A store reads with Client.GetStored, from the database of the servers: a cluster that keeps its
// configs in a database of its own shows clients also records that it has refused. On such a
// cluster, and in Nacos 3, the user of the service needs the permission to read the config over the
// HTTP interface; in Nacos 3 with MySQL the store does without.
//
// # Concurrency
//
// A store is safe for concurrent use. It listens to its config while its Wait runs, and its Wait
// runs once at a time.
package nacosonce
