package env

import (
	"io"
	"io/fs"
)

// CaseInsensitive makes names as on Windows.
func CaseInsensitive() Option { return option(func(s *environment) { s.upper = true }) }

// OpenFails makes every file fail so.
func OpenFails(err error) Option {
	return option(func(s *environment) {
		s.open = func(string) (io.ReadCloser, func() (fs.FileInfo, error), error) { return nil, nil, err }
	})
}

// Opens counts the files that are opened.
func Opens(n *int) Option {
	return option(func(s *environment) {
		open := s.open
		s.open = func(path string) (io.ReadCloser, func() (fs.FileInfo, error), error) {
			*n++
			return open(path)
		}
	})
}

// AfterOpen calls f after each file is opened.
func AfterOpen(f func()) Option {
	return option(func(s *environment) {
		open := s.open
		s.open = func(path string) (io.ReadCloser, func() (fs.FileInfo, error), error) {
			file, stat, err := open(path)
			f()
			return file, stat, err
		}
	})
}
