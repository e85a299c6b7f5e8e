package flags

// Option is an option of [New].
type Option interface{ apply(*layer) }

type option func(*layer)

func (o option) apply(l *layer) { o(l) }

// Flag gives a key the flag with that name, in place of the flag that the key would have. The key
// is written as for Config.Explain of package nacre, such as "server.port"; it may be one that T
// does not have, if a section has it, and an item of a list or a key of a map. A key may have
// several flags.
//
// It is an error if no field has the key, whether the flag is set or not.
func Flag(name, key string) Option {
	return option(func(l *layer) { l.named = append(l.named, naming{name, key}) })
}

// Only defines flags only for these keys and what is below them, such as "db" or "server.port", and
// for the keys of [Flag]. Several calls add up. The default is all keys of T except secrets. A key
// for which there is no flag is an error.
func Only(keys ...string) Option {
	return option(func(l *layer) { l.only = append(l.only, keys...) })
}

// Dashes writes '-' for '.' and '_' in the names of flags: -db-max-conns for db.max_conns. The
// default is the name of the key. It is an error if two keys then have the same flag.
func Dashes() Option {
	return option(func(l *layer) { l.dashes = true })
}
