package file

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nacre-go/nacre/source"
)

// fileSource is a source of one or more files. [New] and [Dir] return one.
type fileSource struct {
	name     string
	identity string
	entries  []*entry
	misuse   error // what is wrong with the arguments of New; Next returns it
	maxSize  int64
	settle   time.Duration
	patience time.Duration
	poll     time.Duration

	newWatch func() (watcher, error)
	lease    func(*os.File) (proof, func())

	// Next's own.
	told    source.ChangeDetector
	last    map[string]int        // the documents returned last, with their sizes
	traces  map[string]*trace     // by document
	writes  map[string]writeState // by resolved path: what the watch reported about writers
	heard   interest              // which names matter, as of the last read
	pause   time.Duration         // until the next read of a file that is open for writing
	mu      sync.Mutex            // guards the fields below
	watch   watcher               // nil before the first read, and without watches
	trouble error                 // why the source only polls
	closed  bool
	done    chan struct{} // closed by Close
}

// entry is a path as it was given.
type entry struct {
	name         string // as it was given
	path         string // absolute
	dir          bool
	format       string
	declared     bool
	optional     bool // not the first path
	allowUnknown bool
	met          bool // it has existed; Next's own

	profile string // of Profiles
	// Of First: the paths to choose from, the first that exists as of the last read, and the one
	// that was returned.
	choices       []*entry
	found, chosen *entry
}

var (
	_ source.Source    = (*fileSource)(nil)
	_ source.Describer = (*fileSource)(nil)
	_ io.Closer        = (*fileSource)(nil)
)

// New returns a source of the file at path. A relative path is resolved against the present working
// directory. The first Next reports an error in the path or the options. A file that does not exist
// is an absent document, with which a config does not start; see nacre.AbsentOK.
//
// The source is local and trusted; see source.Description.
func New(path string, opts ...Option) source.Source { return newSource(path, false, opts) }

// Dir returns a source of all files in a folder whose extension is known, except plain text, which
// has no keys. A file overrides those before it in alphabetical order. A folder that does not exist
// or has no such file is an absent document.
func Dir(path string, opts ...Option) source.Source { return newSource(path, true, opts) }

func newSource(path string, dir bool, opts []Option) *fileSource {
	s := &fileSource{
		maxSize:  defaultMaxSize,
		settle:   defaultSettleTime,
		patience: defaultWriteTimeout,
		poll:     defaultPollInterval,
		newWatch: newWatch,
		lease:    lease,
		traces:   map[string]*trace{},
		writes:   map[string]writeState{},
		done:     make(chan struct{}),
	}
	s.add(path, dir, opts)
	s.name, s.identity = s.names()
	return s
}

func (s *fileSource) add(path string, dir bool, opts []Option) {
	e := &entry{name: path, dir: dir, optional: len(s.entries) > 0}
	s.entries = append(s.entries, e)
	for _, o := range opts {
		if o != nil {
			o.apply(s, e)
		}
	}
	if !e.declared && !dir {
		e.format = source.FormatOf(path)
	}
	if err := e.check(); err != nil && s.misuse == nil {
		s.misuse = err
	}
}

func (e *entry) check() error {
	if e.name == "" {
		return invalidArgument(e.name, "the path is empty", "name a file")
	}
	path, err := filepath.Abs(e.name)
	if err != nil {
		return invalidArgument(e.name, "the working directory is unknown", "give an absolute path")
	}
	e.path = path
	switch e.format {
	case source.FormatYAML, source.FormatJSON, source.FormatTOML, source.FormatDotenv, source.FormatProperties, source.FormatText:
	case "":
		if !e.dir || e.declared {
			if err := e.unmeant(); err != nil && !errors.Is(err, errMoved) {
				return err // and that is why it has no known extension
			}
			return invalidArgument(e.name, "the extension does not name a format", "declare the format with file.Format, or read a folder with file.Dir")
		}
	default:
		return invalidArgument(e.name, "the format is unknown", "use one of source.FormatYAML, JSON, TOML, Dotenv, Properties, Text")
	}
	return nil
}

// Name returns the last element of the path, such as "config.yaml"; with several paths, that of the
// first.
func (s *fileSource) Name() string { return s.name }

// Describe returns the identity, such as "file:///etc/orders/config.yaml" or
// "file:///~/orders/config.yaml" for a file below the user's home folder. It says that the files
// are local, and trusted: anyone who can write a service's files could replace its program. For a
// folder into which another program writes what it fetches from elsewhere, see nacre.RequireSigned.
func (s *fileSource) Describe() source.Description {
	return source.Description{Identity: s.identity, Local: true, Trusted: true}
}

// Watching returns nil while the system reports changes, and otherwise why the source reads the
// files every second.
func (s *fileSource) Watching() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

// Next returns the files when they differ from what Next returned last; see [source.Source].
func (s *fileSource) Next(ctx context.Context, prev source.Revision) (source.Content, error) {
	if prev == "" {
		s.last = nil
	}
	for {
		if err := s.over(ctx); err != nil {
			return source.Content{}, err
		}
		v := s.look(ctx)
		if err := s.over(ctx); err != nil {
			return source.Content{}, err
		}
		if v.decided && s.told.Changed(prev, v.content.Revision, v.err) {
			if v.err == nil {
				s.remember(v.content)
			}
			return v.content, v.err
		}
		if !v.stale {
			s.await(ctx, v)
		}
	}
}

// Close ends the watch. A later Next, and one that is blocked, returns an error of kind Closed.
func (s *fileSource) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.done)
	if s.watch == nil {
		return nil
	}
	w := s.watch
	s.watch = nil
	return w.close()
}

// over returns why Next must end, or nil.
func (s *fileSource) over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.done:
		return &source.Error{Kind: source.Closed, Op: "read", Document: s.entries[0].name}
	default:
		return nil
	}
}
