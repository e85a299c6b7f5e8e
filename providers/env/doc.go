// Package env is a source of the variables of the process's environment.
//
//	nacre.Open[Config](ctx, file.New("config.yaml"), env.New("ORDERS"))
//
// # Names
//
// With the prefix ORDERS, the variable ORDERS_DB_POOL_SIZE sets db.pool_size, or db.pool.size, or db_pool.size: whichever key
// the struct has. Upper and lower case are the same, and so are '_', '-' and '.'. If two keys fit, that is an error, and two
// underscores tell them apart: they separate levels, and in a name that has them nothing else does (ORDERS_DB__POOL_SIZE is
// db.pool_size; ORDERS__A_B is a_b). ORDERS_HOSTS is a list as text with commas, ORDERS_HOSTS_0 its first item, and
// ORDERS_SERVERS_0_ADDR a key of a list's item; a list is always given as a whole. In a map, the rest of the name is the key, in lower case.
//
// A variable that no key fits is an error that suggests the nearest. Without a prefix the whole environment is read, where
// strangers' variables are a matter of course; see [AllowUnknown].
//
// So are they in the prefix that is given to [New]: "orders" and "Orders" read ORDERS_PORT, and "my-app"
// reads MY_APP_PORT. A variable has its prefix in upper case, or as it is given: with "orders",
// orders_port is read as well, and is an error beside ORDERS_PORT; with "ORDERS" it is somebody else's.
//
// # Files
//
// ORDERS_DB_DSN_FILE=/run/secrets/dsn sets db.dsn to the content of the file, without one newline at its end, unless the struct
// has a key db.dsn_file. It is an error if the file is missing, may not be read, is no regular file, has more than 1 MiB or a
// NUL byte; and if ORDERS_DB_DSN is set as well. A source cannot know the struct's keys, so the file of ORDERS_TLS_CERT_FILE is read
// even if the struct has tls.cert_file; its content is then thrown away and its errors with it. See [WithoutFiles].
//
// A file that was modified within the last 200 ms is read once it has been left alone for so long, so that a
// half-written one is not taken for whole. Replace files by renaming, as Kubernetes does, and the question does not arise.
//
// # Kubernetes
//
// In a pod, a service that is called as the prefix is, or as the prefix and more, injects variables that nobody has asked
// for: ORDERS_SERVICE_HOST, ORDERS_PORT=tcp://10.0.0.1:8080, ORDERS_PORT_8080_TCP_ADDR and so on. They are left out, each
// only if both its name and its value are what Kubernetes makes of such a service, so that your own ORDERS_PORT=8080 and
// ORDERS_SERVICE_HOST=db.example.com are read.
//
// # Changes
//
// Nothing tells of a change of an environment or of such a file, so both are read again every 10 s (see [PollInterval]).
//
// # Concurrency
//
// As package source says. New reads nothing; a source holds nothing that would have to be closed.
//
// # Errors
//
// No error and no revision tells a value. The path of a missing file is named only if its folder exists, because somebody
// may have put the secret itself where its file's name belongs.
package env
