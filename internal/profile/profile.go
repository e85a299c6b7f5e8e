package profile

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Fix says how to write profiles.
const Fix = `write profiles as "prod" or "prod,eu", with letters, digits, '-', '_' and '.'`

// Split returns the profiles of a text such as "prod,eu", in order. An empty text has none. The
// error says what is wrong with the text.
func Split(profiles string) ([]string, error) {
	if strings.TrimSpace(profiles) == "" {
		return nil, nil
	}
	var all []string
	for p := range strings.SplitSeq(profiles, ",") {
		p = strings.TrimSpace(p)
		switch {
		case p == "":
			return nil, errors.New("a profile has no name")
		case strings.ContainsFunc(p, strange) || strings.Trim(p, ".") == "":
			return nil, errors.New("not the name of a profile: " + strconv.Quote(p))
		case slices.Contains(all, p):
			return nil, errors.New("the profile " + p + " is given twice")
		}
		all = append(all, p)
	}
	return all, nil
}

// strange reports whether a character could change the place of a document, or is a mistake.
func strange(c rune) bool {
	return c != '-' && c != '_' && c != '.' && !unicode.IsLetter(c) && !unicode.IsDigit(c)
}

// Name returns the name of the document of a profile: application-prod.yaml for application.yaml,
// and .env.prod for .env. A folder in front of the name stays, and so does its format: .yaml
// becomes -prod.yaml.
func Name(name, profile string) string {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	ext := path.Ext(base)
	if base == ext && (ext == "." || strings.EqualFold(ext, ".env")) {
		return name + "." + profile
	}
	return strings.TrimSuffix(name, ext) + "-" + profile + ext
}
