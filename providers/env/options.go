package env

import "time"

// DefaultPollInterval is the time between two looks at the environment and the files that it names.
const DefaultPollInterval = 10 * time.Second

// Option changes how an environment is read.
type Option interface{ apply(*Source) }

type option func(*Source)

func (o option) apply(s *Source) { o(s) }

// PollInterval sets the time between two looks. Default: [DefaultPollInterval]; a time that is not positive is the default.
func PollInterval(d time.Duration) Option {
	return option(func(s *Source) {
		if d > 0 {
			s.every = d
		}
	})
}

// Environ sets where the variables come from, each "NAME=value"; of those that come twice, the first counts. It is called
// from one goroutine at a time. Default: [os.Environ].
func Environ(environ func() []string) Option {
	return option(func(s *Source) {
		if environ != nil {
			s.environ = environ
		}
	})
}

// Only reads only variables that match one of the names: whole names, prefix included, where * stands
// for any text ("ORDERS_DB_*"). Given several times, the names add up. Default: all with the prefix.
//
// A name that no key fits is an error, whether the variable is set or not, and so is a pattern that
// matches no name that a key has; [AllowUnknown] lifts that. Beneath a prefix, upper and lower case are
// the same, and so are '_', '-' and '.'; in the whole environment, names are compared as they are.
func Only(names ...string) Option {
	return option(func(s *Source) { s.only = append(s.only, names...) })
}

// Ignore leaves out variables that match one of the names, as for [Only], which it overrules. Default: none.
func Ignore(names ...string) Option {
	return option(func(s *Source) { s.ignore = append(s.ignore, names...) })
}

// AllowUnknown makes variables with the prefix that no key fits, and such names in [Only], a matter of
// course and not an error. Default: they are errors; unless [Only] names them, variables are not if the
// prefix is empty.
func AllowUnknown() Option {
	return option(func(s *Source) { s.lenient = true })
}

// WithoutFiles takes no variable for the name of a file. Default: X_FILE names the file with the value of X, where X is a
// key and X_FILE is not.
func WithoutFiles() Option {
	return option(func(s *Source) { s.files = false })
}
