package file

import (
	"github.com/nacre-go/nacre/internal/profile"
	"github.com/nacre-go/nacre/source"
)

// Profiles returns a source of the file at path and, with a higher precedence, of the files of its
// profiles, in their order. It is the convention of Spring: with the profiles "prod,eu",
// application.yaml has application-prod.yaml and application-eu.yaml above it, and of the two the
// latter wins. For ".env", they are .env.prod and .env.eu.
//
//	file.Profiles("application.yaml", os.Getenv("APP_PROFILES"))
//
// A config does not start without one of these files, unless nacre.AbsentOK allows it: a service
// whose profile is misspelled would run with the common configuration alone. A file may be empty.
// Without profiles, the file at path is all there is. Options apply to all of the files. A text
// that is not a list of profiles is an error of kind InvalidArgument.
func Profiles(path, profiles string, opts ...Option) source.Source {
	return newProfiles(path, profiles, opts)
}

func newProfiles(path, profiles string, opts []Option) *fileSource {
	s := newSource(path, false, opts)
	all, err := profile.Split(profiles)
	if err != nil && s.misuse == nil {
		s.misuse = invalidArgument(path, err.Error(), profile.Fix)
	}
	below := s.entries[0]
	added := make([]*entry, 0, len(all)+len(s.entries))
	for _, p := range all {
		e := *below
		e.name, e.profile = profile.Name(path, p), p
		if err := e.check(); err != nil && s.misuse == nil {
			s.misuse = err
		}
		added = append(added, &e)
	}
	s.entries = append(append([]*entry{below}, added...), s.entries[1:]...)
	return s
}
