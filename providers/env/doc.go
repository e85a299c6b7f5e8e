// Package env is a source of the environment variables of the process.
//
//	nacre.Open[Config](ctx, file.New("config.yaml"), env.New("ORDERS"))
//
// # Names
//
// With the prefix ORDERS, the variable ORDERS_DB_POOL_SIZE sets db.pool_size, db.pool.size or
// db_pool.size, whichever key the struct has. Upper and lower case are the same, and so are '_',
// '-' and '.'. It is an error if two keys fit. Two underscores then tell them apart: they separate
// levels, and in a name that contains them nothing else does (ORDERS_DB__POOL_SIZE is db.pool_size;
// ORDERS__A_B is a_b). ORDERS_HOSTS is a list as text with commas, ORDERS_HOSTS_0 its first item,
// and ORDERS_SERVERS_0_ADDR a key of an item; a list is always set as a whole. In a map, the rest
// of the name is the key, in the spelling that a lower layer has for it (app-name, appName) and
// otherwise in lower case: ORDERS_LABELS_TEAM sets labels.team, and in a map of lists
// ORDERS_ZONES__EU__0 is the first item of zones.eu.
//
// A list, a map or a struct can be one variable, as JSON (ORDERS_HOSTS=["a","b"],
// ORDERS_DB={"pool":5}); a map also as ORDERS_LABELS=team=orders,tier=1. docs/struct-tags.md has
// the rules.
//
// A variable that no key fits is an error that suggests the most similar key. Without a prefix, the
// source reads the whole environment, where variables of other programs are normal; see
// [AllowUnknown].
//
// A variable that has another name, such as DATABASE_URL, gets a key with [Variable].
//
// The prefix given to [New] is treated in the same way: "orders" and "Orders" read ORDERS_PORT, and
// "my-app" reads MY_APP_PORT. A variable has its prefix in upper case, or as it is given: with
// "orders", the source also reads orders_port, which is an error next to ORDERS_PORT; with
// "ORDERS", it does not read orders_port.
//
// # Files
//
// ORDERS_DB_DSN_FILE=/run/secrets/dsn sets db.dsn to the content of the file, without one newline
// at its end, unless the struct has a key db.dsn_file. It is an error if the file does not exist,
// cannot be read, is not a regular file, has more than 1 MiB or a NUL byte, or if ORDERS_DB_DSN is
// set as well. A source does not know the struct's keys, so it reads the file of
// ORDERS_TLS_CERT_FILE even if the struct has tls.cert_file; the engine then discards the content
// or the error. See [WithoutFiles].
//
// The source reads a file that was modified within the last 200 ms once it has been unchanged for
// that long, so that it does not read half of it. Replace files by rename, as Kubernetes does, and
// no reader can see half a file.
//
// # Kubernetes
//
// In a pod, a service whose name is the prefix, or begins with it, adds variables that were not
// meant as configuration: ORDERS_SERVICE_HOST, ORDERS_PORT=tcp://10.0.0.1:8080,
// ORDERS_PORT_8080_TCP_ADDR and so on. The source ignores such a variable only if both its name and
// its value are those that Kubernetes generates for the service. It reads your own ORDERS_PORT=8080
// and ORDERS_SERVICE_HOST=db.example.com.
//
// # Changes
//
// The system does not report changes of an environment, so the source reads the variables and their
// files again every 10 s (see [PollInterval]).
//
// # Concurrency
//
// See package source. New reads nothing. The source holds nothing that must be closed.
//
// # Errors
//
// Errors and revisions do not reveal values. An error contains the path of a missing file only if
// the folder of that path exists, because the variable may contain the secret itself by mistake.
package env
