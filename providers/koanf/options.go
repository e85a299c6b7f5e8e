package koanf

import (
	"errors"
	"io/fs"
	"time"
)

// Option is an option of [New].
type Option interface{ apply(*settings) }

type option func(*settings)

func (o option) apply(s *settings) { o(s) }

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

// Name sets the name of the document: "orders.yaml". The layer, errors and the last known good copy
// have it too. The default is the provider's Go type, such as "file.File", which is the same for
// two files.
func Name(document string) Option {
	return option(func(s *settings) { s.document = document })
}

// Format sets the format of the provider's bytes to one that nacre decodes: source.FormatYAML,
// FormatJSON, FormatTOML, FormatDotenv, FormatProperties or FormatText. The parser is then not
// called, and may be nil. The default is the format of koanf's own yaml, json and toml parsers.
func Format(format string) Option {
	return option(func(s *settings) { s.format = format })
}

// PollInterval sets the time between two reads, with or without a watch. The default is 30 s; a
// value that is not positive is ignored.
func PollInterval(interval time.Duration) Option {
	return option(func(s *settings) {
		if interval > 0 {
			s.interval = interval
		}
	})
}

// Timeout sets the time after which a read is an error of kind Timeout. The default is 30 s; a
// value that is not positive is ignored.
func Timeout(timeout time.Duration) Option {
	return option(func(s *settings) {
		if timeout > 0 {
			s.timeout = timeout
		}
	})
}

// Delimiter splits the keys of the outermost map, so that "db/pool" becomes pool in db. It is for
// providers that return flat keys, such as etcd, consul and nats, and applies to trees only. The
// default is that a key may contain any text.
func Delimiter(delimiter string) Option {
	return option(func(s *settings) { s.delimiter = delimiter })
}

// Text lets the struct's fields decide the type of each string: "20" may become an int, "a,b" a
// list. It is for providers that have no other type, such as env, etcd and consul, and applies to
// trees only. The default is that a string is a string.
func Text() Option {
	return option(func(s *settings) { s.text = true })
}

// Absent sets a function that reports whether an error of the provider means that it has no such
// document. An error for which errors.Is(err, fs.ErrNotExist) holds always means that. The default
// is only those.
func Absent(absent func(error) bool) Option {
	return option(func(s *settings) {
		byDefault := s.absent
		s.absent = func(err error) bool { return byDefault(err) || absent != nil && absent(err) }
	})
}

// ErrorText passes on the texts of the provider's errors. It is for a provider that puts no value
// of the configuration into them. The default is to show only what errors of the standard library
// say. The texts of a parser's errors are never passed on.
func ErrorText() Option {
	return option(func(s *settings) { s.errorText = true })
}
