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
	// FormatText is plain text, such as a certificate or a list with one item a line. It has no
	// keys: the layer must say under which key it belongs; see nacre.Under.
	FormatText = "text"
)

// FormatOf returns the format that the extension of a name stands for: .yaml and .yml, .json,
// .toml, .env (also a file named ".env" or ".env.local"), .properties, and text for .txt, .pem,
// .crt and .key. It returns "" for any other name.
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
	case ".txt", ".pem", ".crt", ".key":
		return FormatText
	}
	return ""
}
