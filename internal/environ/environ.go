package environ

import (
	"strconv"
	"strings"

	"github.com/nacre-go/nacre/source"
)

// Format is the format of a document of variables.
const Format = "environ"

// Variable is one entry of a document.
//
// A source cannot know whether DB_CERT_FILE is the key db.cert_file, or names the file that holds
// db.cert; the struct decides. Such a variable is therefore two entries: the variable itself, and
// after it the content of the file, with the Key DB_CERT and File set, or with Fault if the file
// could not be read. The second entry counts only if the struct does not have the key of the first.
type Variable struct {
	// Key is the variable's name without the prefix. The engine resolves it to a path.
	Key string
	// Name is the variable's whole name, for errors.
	Name string
	// Value is the variable's value, or the content of the file. If there is a Fault, it says in
	// words what is wrong, without a value.
	Value string
	// File says that Value is the content of a file that the variable Name names.
	File bool
	// Fault is why that file could not be read; Unknown if it could.
	Fault source.Kind
	// Named says that an option of the source names this variable. If no key fits it, that is a
	// problem even in a document that allows unknown keys.
	Named bool
	// Path says that Key is the path of a key as in messages, such as db.pool, and not the name of
	// a variable. A key must fit it, also if the entry is Unset.
	Path bool
	// Flag says that Name is that of a flag, without hyphens, and that Key is a path. Entries with
	// a Flag and the same Key are one value: later items of a list follow earlier ones, later keys
	// of a map replace earlier ones, and so does any other value.
	Flag bool
	// Unset says that an option of the source names a variable that the environment does not have.
	// It has no Value. If no key fits it, that is a problem all the same. A '*' in Key stands for
	// any text; it is a problem if no key fits any such name. With File, Key is that of the file's
	// content.
	Unset bool
}

// Append appends a variable to the data of a document. It reports false, and appends nothing, for a
// variable that the format cannot express: a Key or Name that is empty or contains '=', '<' or NUL,
// a Value with a NUL, one that is Unset with a Value or Fault, one that is Named and also a File or
// Unset, and one that has a Path and is Named, has a Flag and is a File, or is an Unset File.
func Append(data []byte, v Variable) ([]byte, bool) {
	if v.Key == "" || v.Name == "" || strings.ContainsAny(v.Key, "=<\x00") || strings.ContainsAny(v.Name, "=<\x00") ||
		strings.Contains(v.Value, "\x00") || v.contradicts() {
		return data, false
	}
	data = append(append(append(data, v.Key...), '<'), v.Name...)
	switch {
	case v.Flag:
		data = append(data, "<flag"...)
	case v.Path:
		data = append(data, "<path"...)
	}
	switch {
	case v.Unset && v.File:
		data = append(data, "<unset-file"...)
	case v.Unset:
		data = append(data, "<unset"...)
	case v.Named:
		data = append(data, "<named"...)
	case v.Fault != source.Unknown:
		data = strconv.AppendUint(append(data, '<'), uint64(v.Fault), 10)
	case v.File:
		data = append(data, "<file"...)
	}
	return append(append(append(data, '='), v.Value...), 0), true
}

// contradicts reports whether the fields of a variable exclude each other.
func (v Variable) contradicts() bool {
	failed := v.Fault != source.Unknown
	return v.Unset && (v.Value != "" || failed) || v.Named && (v.File || v.Unset || failed || v.Path) ||
		v.Flag && (!v.Path || v.File || failed) || v.Path && v.Unset && v.File
}

// Parse returns the entries of a document in order. It reports false for data in another format.
func Parse(data []byte) (vs []Variable, ok bool) {
	rest := string(data)
	for rest != "" {
		entry, after, ended := strings.Cut(rest, "\x00")
		head, value, hasValue := strings.Cut(entry, "=")
		key, name, hasName := strings.Cut(head, "<")
		if !ended || !hasValue || !hasName {
			return vs, false
		}
		v := Variable{Key: key, Value: value}
		name, mark, marked := strings.Cut(name, "<")
		v.Name = name
		if first, rest, more := strings.Cut(mark, "<"); marked && (first == "path" || first == "flag") {
			v.Path, v.Flag = true, first == "flag"
			mark, marked = rest, more
		}
		switch {
		case !marked:
		case mark == "file":
			v.File = true
		case mark == "named":
			v.Named = true
		case mark == "unset" && value == "", mark == "unset-file" && value == "":
			v.Unset, v.File = true, mark == "unset-file"
		default:
			kind, err := strconv.ParseUint(mark, 10, 8)
			if err != nil || kind == 0 || mark[0] == '0' {
				return vs, false
			}
			v.File, v.Fault = true, source.Kind(kind)
		}
		if v.Key == "" || v.Name == "" || v.contradicts() {
			return vs, false
		}
		vs, rest = append(vs, v), after
	}
	return vs, true
}
