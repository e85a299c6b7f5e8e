package doctor

import (
	"slices"
	"strings"
)

// variables are those that nacos.FromEnv and package ram read, and those of the command.
var variables = []string{
	"NACOS_SERVER_ADDR", "NACOS_ENDPOINT", "NACOS_REDIRECTS", "NACOS_NAMESPACE", "NACOS_GROUP", "NACOS_USERNAME", "NACOS_PASSWORD",
	"NACOS_PASSWORD_FILE", "NACOS_ACCESS_KEY", "NACOS_SECRET_KEY", "NACOS_CONTEXT_PATH", "NACOS_APP_NAME", "NACOS_APP_VERSION",
	"NACOS_INSTANCE_ID", "NACOS_APP_LABELS", "NACOS_TAG", "NACOS_GRAY_LABEL", "NACOS_PLAINTEXT", "NACOS_TLS", "NACOS_TLS_CA_FILE",
	"NACOS_TLS_CERT_FILE", "NACOS_TLS_KEY_FILE", "NACOS_TLS_SERVER_NAME", "NACOS_TLS_INSECURE",
}

// environment finds variables that look as if they were read and are not: NACOS_SERVER for
// NACOS_SERVER_ADDR.
func (x *examination) environment() {
	const check = "environment"
	if x.Environ == nil {
		return
	}
	var known, unknown []string
	for _, entry := range x.Environ {
		name, value, _ := strings.Cut(entry, "=")
		switch upper := strings.ToUpper(name); {
		case !strings.HasPrefix(upper, "NACOS_") || strings.HasPrefix(name, "nacos_"): // the SDK's own are in lower case
		case !slices.Contains(variables, name):
			unknown = append(unknown, name)
		case value != strings.TrimSpace(value):
			x.add(Finding{Check: check, Target: name, Result: Warn, Text: "the value begins or ends with a space", Fix: "remove it"})
			known = append(known, name)
		default:
			known = append(known, name)
		}
	}
	slices.Sort(known)
	slices.Sort(unknown)
	for _, name := range unknown {
		f := Finding{Check: check, Target: name, Result: Warn, Text: "nacre reads no variable of this name", Fix: "remove it"}
		if near := nearest(name); near != "" {
			f.Fix = "rename it to " + near + " if that is meant"
		}
		x.add(f)
	}
	switch {
	case len(known) > 0:
		x.pass(check, "", "read: "+strings.Join(slices.Compact(known), ", "))
	case len(unknown) == 0:
		x.pass(check, "", "no variable with the prefix NACOS_ is set")
	}
}

// nearest returns the variable that a name may stand for, and "" if none is near.
func nearest(name string) string {
	best, least := "", 6 // edits at most
	for _, v := range variables {
		if d := distance(strings.ToUpper(name), v); d < least && d < len(name)/2 {
			best, least = v, d
		}
	}
	return best
}

// distance is the number of insertions, deletions and substitutions between two texts
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
