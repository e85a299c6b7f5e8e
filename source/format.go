package source

import (
	"path"
	"strings"
)

// The formats that the engine decodes.
const (
	FormatYAML       = "yaml"
	FormatJSON       = "json"
	FormatTOML       = "toml"
	FormatDotenv     = "dotenv"
	FormatProperties = "properties"
	// FormatEnviron is variables of an environment, each "KEY<VARIABLE=value" and ended by a NUL byte: KEY is the
	// variable's name without the prefix, VARIABLE is what errors show. KEY is resolved to a path by the keys that
	// the bound struct has, so that DB_POOL_SIZE finds db.pool_size; every value is a [Text]. An entry
	// "KEY<VARIABLE<file=content" behind it is what VARIABLE means if it is no key of the struct but names a file with the
	// value of KEY; "KEY<VARIABLE<4=reason" says that the file could not be read, and the number is the
	// [Kind]. "KEY<VARIABLE<named=value" is a variable that the source is told to read by its name, and
	// "KEY<VARIABLE<unset=" one that it is told to read and that is not set. See [Variable],
	// [AppendVariable] and [Variables].
	FormatEnviron = "environ"
)

// FormatOf returns the format that a document's name declares by its extension: .yaml and .yml, .json, .toml, .env
// (also a file that is called ".env" or ".env.local"), .properties. It returns "" for any other name.
func FormatOf(name string) string {
	base := strings.ToLower(path.Base(strings.ReplaceAll(name, "\\", "/")))
	if base == ".env" || strings.HasPrefix(base, ".env.") {
		return FormatDotenv
	}
	switch path.Ext(base) {
	case ".yaml", ".yml":
		return FormatYAML
	case ".json":
		return FormatJSON
	case ".toml":
		return FormatTOML
	case ".env":
		return FormatDotenv
	case ".properties":
		return FormatProperties
	}
	return ""
}
