package file

import "time"

const (
	defaultMaxSize      = 10 << 20 // bytes
	defaultSettleTime   = 100 * time.Millisecond
	defaultWriteTimeout = 10 * time.Second
	defaultPollInterval = 10 * time.Second
)

// Option is an option of [New], [Dir], [First] and [Profiles]. [Format] and [AllowUnknown] apply to
// the path that they are given with; all others apply to the whole source, wherever they are given.
type Option interface {
	apply(s *fileSource, e *entry)
}

type option func(s *fileSource, e *entry)

func (o option) apply(s *fileSource, e *entry) { o(s, e) }

// WithFile adds a file, with a higher precedence than the paths before it. The file may be missing.
// All files of one source are read as one state. Files that need not change together may as well be
// layers of their own.
func WithFile(path string, opts ...Option) Option {
	return option(func(s *fileSource, _ *entry) { s.add(path, false, opts) })
}

// WithDir adds a folder, with a higher precedence than the paths before it. It may be missing or
// empty. See [Dir].
func WithDir(path string, opts ...Option) Option {
	return option(func(s *fileSource, _ *entry) { s.add(path, true, opts) })
}

// Format sets the format, one of the source.Format constants for files, in place of that of the
// extension. For a folder, it applies to all of its files, also to those with an unknown extension.
func Format(format string) Option {
	return option(func(_ *fileSource, e *entry) { e.format, e.declared = format, true })
}

// AllowUnknown accepts keys that no field has. It is for a file that several services share.
func AllowUnknown() Option {
	return option(func(_ *fileSource, e *entry) { e.allowUnknown = true })
}

// MaxSize sets the size in bytes above which a file is an error of kind TooLarge. The default is 10
// MiB; a value that is not positive is ignored.
func MaxSize(bytes int64) Option {
	return option(func(s *fileSource, _ *entry) { s.maxSize = positive(bytes, s.maxSize) })
}

// SettleTime sets how long a file must be unchanged before the source delivers it, if the system
// cannot tell whether a process is still writing it, and how long a file must be missing or empty
// before that is a change: ten times as long if it is empty and the system cannot tell. The default
// is 100 ms; a value that is not positive is ignored.
func SettleTime(window time.Duration) Option {
	return option(func(s *fileSource, _ *entry) { s.settle = positive(window, s.settle) })
}

// WriteTimeout sets how long a change of a file may take, for example while a process has it open
// for writing, before Next reports it as Unavailable. The default is 10 s; a value that is not
// positive is ignored.
func WriteTimeout(limit time.Duration) Option {
	return option(func(s *fileSource, _ *entry) { s.patience = positive(limit, s.patience) })
}

// PollInterval sets the time between two reads of all files without an event. It bounds the delay
// of a change that the watch misses, such as one that another machine makes on a network file
// system. Where the watch does not work, the source reads at least once a second. The default is 10
// s; a value that is not positive is ignored.
func PollInterval(interval time.Duration) Option {
	return option(func(s *fileSource, _ *entry) { s.poll = positive(interval, s.poll) })
}

// positive returns n if it is positive, and otherwise the value that was set before.
func positive[N int64 | time.Duration](n, before N) N {
	if n <= 0 {
		return before
	}
	return n
}
