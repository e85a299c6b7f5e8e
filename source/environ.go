package source

import (
	"strconv"
	"strings"
)

// Variable is one entry of a document of [FormatEnviron].
//
// A source cannot know whether DB_CERT_FILE is the key db.cert_file or names the file in which db.cert stands; the struct
// decides. So such a variable is two entries: the variable itself, and behind it the content of the file with Key DB_CERT and File
// set, or with Fault if it could not be read. The second counts only if the first is no key of the struct.
type Variable struct {
	// Key is what is resolved to a path: the variable's name without the prefix.
	Key string
	// Name is what errors show: the variable's whole name.
	Name string
	// Value is the variable's value, the content of the file, or, where there is a Fault, what is wrong in words, without a
	// value.
	Value string
	// File says that Value is the content of a file that the variable Name names.
	File bool
	// Fault is why that file could not be read; Unknown if it could.
	Fault Kind
	// Named says that the source is told to read this variable by its name. That no key fits it is then a
	// problem even in a document that allows unknown keys.
	Named bool
	// Unset says that the source is told to read a variable that the environment does not have. It has no
	// Value; that no key fits it is a problem all the same. A '*' in Key stands for any text, and then
	// there is a problem where no key fits any such name. With File, it is the name of a file's key.
	Unset bool
}

// AppendVariable appends a variable to the data of a document of [FormatEnviron]. It reports false, and appends nothing, for
// what cannot stand there: a Key or Name that is empty or holds '=', '<' or NUL, a Value with a NUL, one
// that is Unset with a Value or Fault, one that is Named and also a File or Unset.
func AppendVariable(data []byte, v Variable) ([]byte, bool) {
	if v.Key == "" || v.Name == "" || strings.ContainsAny(v.Key, "=<\x00") || strings.ContainsAny(v.Name, "=<\x00") ||
		strings.Contains(v.Value, "\x00") || v.Unset && (v.Value != "" || v.Fault != Unknown) ||
		v.Named && (v.File || v.Unset || v.Fault != Unknown) {
		return data, false
	}
	data = append(append(append(data, v.Key...), '<'), v.Name...)
	switch {
	case v.Unset && v.File:
		data = append(data, "<unset-file"...)
	case v.Unset:
		data = append(data, "<unset"...)
	case v.Named:
		data = append(data, "<named"...)
	case v.Fault != Unknown:
		data = strconv.AppendUint(append(data, '<'), uint64(v.Fault), 10)
	case v.File:
		data = append(data, "<file"...)
	}
	return append(append(append(data, '='), v.Value...), 0), true
}

// Variables returns the entries of a document of [FormatEnviron] in order, and false for data that is not one.
func Variables(data []byte) (vs []Variable, ok bool) {
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
			v.File, v.Fault = true, Kind(kind)
		}
		if v.Key == "" || v.Name == "" {
			return vs, false
		}
		vs, rest = append(vs, v), after
	}
	return vs, true
}
