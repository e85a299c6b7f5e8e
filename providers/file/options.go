package file

import (
	"time"
)

// Defaults of the options.
const (
	DefaultMaxSize      = 10 << 20               // bytes, see [MaxSize]
	DefaultSettleTime   = 100 * time.Millisecond // see [SettleTime]
	DefaultWriteTimeout = 10 * time.Second       // see [WriteTimeout]
	DefaultPollInterval = 10 * time.Second       // see [PollInterval]
)

// Option changes what a source reads or how. [Required], [Format] and [AllowUnknown] speak of the path that they are
// given with; all others speak of the whole source, wherever they stand.
type Option interface {
	apply(s *Source, e *entry)
}

type option func(s *Source, e *entry)

func (o option) apply(s *Source, e *entry) { o(s, e) }

// WithFile adds a file, of higher precedence than what was named before it. All files of one source are read as one state;
// files that need not change together may as well be layers of their own.
func WithFile(path string, opts ...Option) Option {
	return option(func(s *Source, _ *entry) { s.add(path, false, opts) })
}

// WithDir adds a folder, of higher precedence than what was named before it. See [Dir].
func WithDir(path string, opts ...Option) Option {
	return option(func(s *Source, _ *entry) { s.add(path, true, opts) })
}

// Required makes it an error of kind NotFound that the file is not there, or that the folder is not there or has nothing
// to read. The default is that it is then absent.
func Required() Option {
	return option(func(_ *Source, e *entry) { e.required = true })
}

// Format declares the format, one of the source.Format constants for files, and wins over the extension. For a folder
// it holds for all of its files, and takes in those whose extension is not known.
func Format(format string) Option {
	return option(func(_ *Source, e *entry) { e.format, e.declared = format, true })
}

// AllowUnknown makes keys that no field has acceptable, for a file that several services share.
func AllowUnknown() Option {
	return option(func(_ *Source, e *entry) { e.allowUnknown = true })
}

// Name sets what the source is called in errors and events. The default is "file".
func Name(name string) Option {
	return option(func(s *Source, _ *entry) {
		if name != "" {
			s.name = name
		}
	})
}

// MaxSize sets how many bytes one file may have; a larger one is an error of kind TooLarge. The default, also for
// values that are not positive, is DefaultMaxSize.
func MaxSize(bytes int64) Option {
	return option(func(s *Source, _ *entry) { s.maxSize = positive(bytes, DefaultMaxSize) })
}

// SettleTime sets for how long a file must stay unchanged before it is delivered where the system cannot tell whether it
// is still being written, and for how long a file must stay away or empty before that is news: ten times as long if it
// is empty and the system cannot tell. The default, also for values that are not positive, is DefaultSettleTime.
func SettleTime(window time.Duration) Option {
	return option(func(s *Source, _ *entry) { s.settle = positive(window, DefaultSettleTime) })
}

// WriteTimeout sets how long a file may be in the middle of a change, such as open for writing, before Next reports it as
// Unavailable. The default, also for values that are not positive, is DefaultWriteTimeout.
func WriteTimeout(limit time.Duration) Option {
	return option(func(s *Source, _ *entry) { s.patience = positive(limit, DefaultWriteTimeout) })
}

// PollInterval sets how often all files are read although nothing was heard: the net below the watch, and the only way to see
// what another machine writes to a network file system. Where the watch does not work, the interval is this or one
// second, whichever is shorter. The default, also for values that are not positive, is DefaultPollInterval.
func PollInterval(interval time.Duration) Option {
	return option(func(s *Source, _ *entry) { s.poll = positive(interval, DefaultPollInterval) })
}

func positive[N int64 | time.Duration](n, otherwise N) N {
	if n <= 0 {
		return otherwise
	}
	return n
}
