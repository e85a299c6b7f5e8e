package source

import "strings"

// Problem is one thing that is wrong with a content, for its author: where, which key, what is
// wrong, and what the author may have meant. It never contains a value of the configuration.
type Problem struct {
	Kind     Kind
	Position Position
	// Key is the path of the key as people write it: "db.pool", "hosts[2].port",
	// `labels."app.io/name"`. Empty: the problem concerns the document as a whole.
	Key string
	// Message says what is wrong, without the position, the key and the value: "must be at most
	// 500". Empty: the Kind says it.
	Message string
	// Suggest is the known key that is most similar. Empty: none is.
	Suggest string
	// Err is the cause. It may be nil, and is not part of the text.
	Err error
}

// Error returns `orders.yaml:7:12 db.pol: unknown key, did you mean db.pool?`.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Position.String())
	if p.Key != "" {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(p.Key)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if p.Message != "" {
		b.WriteString(p.Message)
	} else {
		b.WriteString(p.Kind.Error())
	}
	if p.Suggest != "" {
		b.WriteString(", did you mean ")
		b.WriteString(p.Suggest)
		b.WriteByte('?')
	}
	return b.String()
}

// Unwrap returns the kind and the cause.
func (p *Problem) Unwrap() []error {
	if p.Err == nil {
		return []error{p.Kind}
	}
	return []error{p.Kind, p.Err}
}

// Problems is everything that is wrong with a content, in the order of layers, documents and lines.
// As an error, it is never empty.
type Problems []*Problem

// Error returns one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}
