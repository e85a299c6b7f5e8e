// Package keypath reads the paths of keys as the library writes them: db.pool, hosts[2].port and
// labels."app.io/name". In a pattern, * stands for any name and [] for any index.
package keypath
