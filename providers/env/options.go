package env

import "time"

// Option is an option of [New].
type Option interface{ apply(*environment) }

type option func(*environment)

func (o option) apply(s *environment) { o(s) }

// PollInterval sets the time between two reads of the environment and of the files that it names.
// The default is 10 s; a value that is not positive is ignored.
func PollInterval(interval time.Duration) Option {
	return option(func(s *environment) {
		if interval > 0 {
			s.every = interval
		}
	})
}

// Environ sets the function that returns the variables, each "NAME=value"; of variables with the
// same name, the first counts. It is called from one goroutine at a time. The default is
// [os.Environ]; nil is ignored.
func Environ(environ func() []string) Option {
	return option(func(s *environment) {
		if environ != nil {
			s.environ = environ
		}
	})
}

// Only reads only variables that match one of the names: whole names, prefix included, in which *
// matches any text ("ORDERS_DB_*"). Several calls add up. The default is all variables with the
// prefix.
//
// A name that no key fits is an error, whether the variable is set or not, and so is a pattern that
// matches no name of a key; [AllowUnknown] accepts both. With a prefix, upper and lower case are
// the same, and so are '_', '-' and '.'; in the whole environment, names are compared as they are.
func Only(names ...string) Option {
	return option(func(s *environment) { s.only = append(s.only, names...) })
}

// Variable reads the variable with that name, whatever the prefix is, and sets the key, which is
// written as for Config.Explain of package nacre:
//
//	env.New("ORDERS", env.Variable("DATABASE_URL", "db.dsn"))
//
// The variable sets nothing else. DATABASE_URL_FILE names a file with the value, as for any
// variable. Only and Ignore do not apply to it. It is an error if no field has the key, whether the
// variable is set or not, and if another variable of the source sets the key too.
func Variable(name, key string) Option {
	return option(func(s *environment) { s.foreign = append(s.foreign, foreign{name, key}) })
}

// Ignore leaves out variables that match one of the names, which are as for [Only]. It overrides
// Only. The default is none.
func Ignore(names ...string) Option {
	return option(func(s *environment) { s.ignore = append(s.ignore, names...) })
}

// AllowUnknown accepts variables with the prefix that no key fits, and such names in [Only]. The
// default is that they are errors. With an empty prefix, only the names in Only are.
func AllowUnknown() Option {
	return option(func(s *environment) { s.lenient = true })
}

// WithoutFiles reads no files. The default is that a variable X_FILE names a file with the value of
// X, if X is a key and X_FILE is not.
func WithoutFiles() Option {
	return option(func(s *environment) { s.files = false })
}
