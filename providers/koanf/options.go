package koanf

import (
	"errors"
	"io/fs"
	"time"
)

// Option is an option of [New].
type Option interface{ apply(*settings) }

type option func(*settings)

func (f option) apply(s *settings) { f(s) }

type settings struct {
	document  string
	format    string
	delimiter string
	text      bool
	errorText bool
	interval  time.Duration
	timeout   time.Duration
	absent    func(error) bool
}

func defaults() settings {
	return settings{
		interval: 30 * time.Second,
		timeout:  30 * time.Second,
		absent:   func(err error) bool { return errors.Is(err, fs.ErrNotExist) },
	}
}

// Name names the document, for errors and for the last known good copy: "orders.yaml". Default: the provider's Go type,
// "file.File", which is the same for two files.
func Name(document string) Option {
	return option(func(s *settings) { s.document = document })
}

// Format says that the provider's bytes are in a format that nacre decodes: source.FormatYAML, FormatJSON, FormatTOML,
// FormatDotenv or FormatProperties. The parser may then be nil, and is not called. Default: what a parser of koanf's own
// is for.
func Format(format string) Option {
	return option(func(s *settings) { s.format = format })
}

// PollInterval is the time between two reads, watched or not. Default: 30 s. It is ignored if it is not positive.
func PollInterval(d time.Duration) Option {
	return option(func(s *settings) {
		if d > 0 {
			s.interval = d
		}
	})
}

// Timeout is how long a read may take before it is an error of kind Timeout. Default: 30 s. It is ignored if it is not
// positive.
func Timeout(d time.Duration) Option {
	return option(func(s *settings) {
		if d > 0 {
			s.timeout = d
		}
	})
}

// Delimiter splits the keys of the outermost map, so that "db/pool" becomes pool in db: for providers that return flat
// keys, such as etcd, consul and nats. Default: keys stay as they are, and may hold any text. It applies to trees only.
func Delimiter(delimiter string) Option {
	return option(func(s *settings) { s.delimiter = delimiter })
}

// Text leaves it to the struct's fields what a string is: "20" may become an int, "a,b" a list. For providers that know
// no other type than string, such as env, etcd and consul. Default: a string is a string. It applies to trees only.
func Text() Option {
	return option(func(s *settings) { s.text = true })
}

// Absent says which errors of the provider mean that it was reached and has no such document. Default: those for
// which errors.Is(err, fs.ErrNotExist) holds, which are absence in any case.
func Absent(absent func(error) bool) Option {
	return option(func(s *settings) {
		byDefault := s.absent
		s.absent = func(err error) bool { return byDefault(err) || absent != nil && absent(err) }
	})
}

// ErrorText passes the texts of the provider's errors on, for a provider that is known to put no value of the
// configuration into them. Default: only what the standard library's errors say. A parser's errors are never passed on.
func ErrorText() Option {
	return option(func(s *settings) { s.errorText = true })
}
