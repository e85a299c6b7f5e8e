// Package strictyaml decodes the YAML files that belong to this command. Its errors have lines and
// keys, and no values and no names of Go types: a value at the wrong place may be a password.
package strictyaml
