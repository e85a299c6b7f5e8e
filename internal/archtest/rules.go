package archtest

import "slices"

// Rules are all the rules of one repository. The zero Rules ask for nothing but a row for each
// package.
type Rules struct {
	Rows       []Row
	TestsMay   []string // what any test may import, besides what its own package may
	Ambient    []Ambient
	Reach      []Reach
	Budgets    []Budget
	Exceptions []Exception
	GoMod      GoMod
	Limits     Limits
}

// Row says what the packages that match Package may import, besides the standard library and
// without what Reach forbids. Packages and imports are patterns: "source" or "internal/**" inside
// the module, "github.com/a/b/**" outside. The first row that matches a package is the one that
// counts, and a package without a row is a finding: a new package needs a decision.
type Row struct {
	Package string
	Does    string // what the packages are for, in a few words, for the tables in the docs
	May     []string
	Tests   []string // what the package's tests may import beyond May and TestsMay
	Why     string
}

// Ambient forbids an import of the standard library that is harmful everywhere except in some
// packages.
type Ambient struct {
	Import  string
	Save    []string
	InTests bool // tests may not import it either
	Why     string
}

// Reach forbids packages to be compiled into a program that imports From, however long the way is.
type Reach struct {
	From  []string
	Never []string
	Why   string
}

// Budget bounds how many packages of other modules a program that imports all of From compiles.
type Budget struct {
	From []string
	Max  int
	Why  string
}

// Exception lets one place break one rule, for a reason. Place is a file or a package.
type Exception struct {
	Rule, Place string
	Why         string
}

// GoMod is what go.mod must hold.
type GoMod struct {
	AtLeast map[string]string // module → least version
	Never   map[string]string // module → why it may not be required
	Why     string            // why AtLeast
}

// Limits are bounds on files and names. A limit of zero means no limit.
type Limits struct {
	CodeLines, TestLines int
	NeverNames           []string
}

// exceptions remembers which exceptions were needed.
type exceptions struct {
	all  []Exception
	used []bool
}

func newExceptions(all []Exception) *exceptions {
	return &exceptions{all: all, used: make([]bool, len(all))}
}

// allow reports whether there is an exception for the place, and notes that it was needed.
func (e *exceptions) allow(rule, place string) bool {
	i := slices.IndexFunc(e.all, func(x Exception) bool { return x.Rule == rule && matches(x.Place, place) })
	if i < 0 {
		return false
	}
	e.used[i] = true
	return true
}

func (e *exceptions) unused() []Finding {
	var found []Finding
	for i, x := range e.all {
		if !e.used[i] {
			found = append(found, Finding{
				Rule: "exceptions", Where: x.Place,
				What: "has an exception from the rule " + x.Rule + " that nothing needs",
				Why:  "an exception that outlives its cause hides the next break; take it out of the table",
			})
		}
	}
	return found
}
