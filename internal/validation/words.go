package validation

// byMeasure are the words for bounds, which depend on the measure: numbers, characters, items,
// moments.
var byMeasure = map[string][4]string{
	"min": {"must be at least {param}", "must have at least {param} characters", "must have at least {param} items", "must not be in the past"},
	"gte": {"must be at least {param}", "must have at least {param} characters", "must have at least {param} items", "must not be in the past"},
	"max": {"must be at most {param}", "must have at most {param} characters", "must have at most {param} items", "must not be in the future"},
	"lte": {"must be at most {param}", "must have at most {param} characters", "must have at most {param} items", "must not be in the future"},
	"gt":  {"must be more than {param}", "must have more than {param} characters", "must have more than {param} items", "must be in the future"},
	"lt":  {"must be less than {param}", "must have fewer than {param} characters", "must have fewer than {param} items", "must be in the past"},
	"len": {"must be {param}", "must have {param} characters", "must have {param} items", "must be {param}"},
	"eq":  {"must be {param}", "must be {param}", "must have {param} items", "must be {param}"},
	"ne":  {"must not be {param}", "must not be {param}", "must not have {param} items", "must not be {param}"},

	"gtfield": moreThan, "gtcsfield": moreThan, "gtefield": atLeast, "gtecsfield": atLeast,
	"ltfield": lessThan, "ltcsfield": lessThan, "ltefield": atMost, "ltecsfield": atMost,
}

var (
	moreThan = [4]string{"must be more than {field}", "must have more characters than {field}", "must have more items than {field}", "must be after {field}"}
	atLeast  = [4]string{"must be at least {field}", "must have at least as many characters as {field}", "must have at least as many items as {field}", "must not be before {field}"}
	lessThan = [4]string{"must be less than {field}", "must have fewer characters than {field}", "must have fewer items than {field}", "must be before {field}"}
	atMost   = [4]string{"must be at most {field}", "must have at most as many characters as {field}", "must have at most as many items as {field}", "must not be after {field}"}
)

// uniqueField is the message for a list whose items must differ in one key.
const uniqueField = "must not have two items with the same {field}"

// hiddenWords are the messages for a secret if the parameter of the failed rule would reveal the
// secret, or a part of it.
var hiddenWords = map[string]string{
	"ne": notForbidden, "ne_ignore_case": notForbidden, "noneof": notForbidden, "noneofci": notForbidden,
	"excludes": noForbidden, "excludesall": noForbidden, "excludesrune": noForbidden,
	"startsnotwith": "must not start with what its rule forbids", "endsnotwith": "must not end with what its rule forbids",
}

const (
	notForbidden = "must not be what its rule forbids"
	noForbidden  = "must not contain what its rule forbids"
)

// words are the messages of validator's own tags. In them, {param} is the parameter, {list} its
// words, {field} the key of the field that it names, and {when} its conditions.
var words = map[string]string{
	// presence
	"required":             "is required",
	"required_if":          "is required when {when}",
	"required_unless":      "is required unless {when}",
	"required_with":        "is required when {when}",
	"required_with_all":    "is required when {when}",
	"required_without":     "is required when {when}",
	"required_without_all": "is required when {when}",
	"excluded_if":          "must not be set when {when}",
	"excluded_unless":      "must not be set unless {when}",
	"excluded_with":        "must not be set when {when}",
	"excluded_with_all":    "must not be set when {when}",
	"excluded_without":     "must not be set when {when}",
	"excluded_without_all": "must not be set when {when}",
	"skip_unless":          "is required when {when}",
	"isdefault":            "must not be set",

	// bounds; see byMeasure
	"min": "", "max": "", "len": "", "eq": "", "ne": "", "gt": "", "gte": "", "lt": "", "lte": "",
	"eq_ignore_case": "must be {param}",
	"ne_ignore_case": "must not be {param}",
	"oneof":          "must be one of: {list}",
	"oneofci":        "must be one of: {list}",
	"noneof":         "must be none of: {list}",
	"noneofci":       "must be none of: {list}",
	"unique":         "must not have the same item twice",

	// other fields; see byMeasure
	"eqfield": "must be the same as {field}", "eqcsfield": "must be the same as {field}",
	"nefield": "must not be the same as {field}", "necsfield": "must not be the same as {field}",
	"gtfield": "", "gtcsfield": "", "gtefield": "", "gtecsfield": "",
	"ltfield": "", "ltcsfield": "", "ltefield": "", "ltecsfield": "",
	"fieldcontains": "must contain {field}",
	"fieldexcludes": "must not contain {field}",

	// characters
	"alpha":           "must have letters of ASCII only",
	"alphaspace":      "must have letters of ASCII and blanks only",
	"alphanum":        "must have letters and digits of ASCII only",
	"alphanumspace":   "must have letters, digits and blanks of ASCII only",
	"alphaunicode":    "must have letters only",
	"alphanumunicode": "must have letters and digits only",
	"ascii":           "must have characters of ASCII only",
	"printascii":      "must have printable characters of ASCII only",
	"multibyte":       "must have characters beyond ASCII",
	"lowercase":       "must be in lower case",
	"uppercase":       "must be in upper case",
	"contains":        "must contain {param}",
	"containsany":     "must contain one of the characters {param}",
	"containsrune":    "must contain {param}",
	"excludes":        "must not contain {param}",
	"excludesall":     "must not contain any of the characters {param}",
	"excludesrune":    "must not contain {param}",
	"startswith":      "must start with {param}",
	"startsnotwith":   "must not start with {param}",
	"endswith":        "must end with {param}",
	"endsnotwith":     "must not end with {param}",

	// numbers and codings
	"boolean":       "must be true or false",
	"numeric":       "must be a number",
	"number":        "must be a whole number",
	"hexadecimal":   "must be a hexadecimal number",
	"base32":        "must be in base 32",
	"base64":        "must be in base 64",
	"base64url":     "must be in URL-safe base 64",
	"base64rawurl":  "must be in URL-safe base 64 without padding",
	"json":          "must be JSON",
	"jwt":           "must be a JSON web token",
	"html":          "must be HTML",
	"html_encoded":  "must be encoded for HTML",
	"url_encoded":   "must be encoded for URLs",
	"datauri":       "must be a data URI",
	"md4":           "must be an MD4 sum",
	"md5":           "must be an MD5 sum",
	"sha256":        "must be a SHA-256 sum",
	"sha384":        "must be a SHA-384 sum",
	"sha512":        "must be a SHA-512 sum",
	"ripemd128":     "must be a RIPEMD-128 sum",
	"ripemd160":     "must be a RIPEMD-160 sum",
	"tiger128":      "must be a TIGER-128 sum",
	"tiger160":      "must be a TIGER-160 sum",
	"tiger192":      "must be a TIGER-192 sum",
	"luhn_checksum": "must have a right Luhn check digit",

	// colours
	"hexcolor": "must be a colour such as #ff0000",
	"rgb":      "must be a colour such as rgb(255,0,0)",
	"rgba":     "must be a colour such as rgba(255,0,0,0.5)",
	"hsl":      "must be a colour such as hsl(120,100%,50%)",
	"hsla":     "must be a colour such as hsla(120,100%,50%,0.5)",
	"cmyk":     "must be a colour such as cmyk(0%,100%,100%,0%)",
	"iscolor":  "must be a colour such as #ff0000",

	// network
	"url":               "must be a URL such as https://host:8080/path",
	"http_url":          "must be a URL with http or https",
	"https_url":         "must be a URL with https",
	"uri":               "must be a URI",
	"origin":            "must be an origin such as https://host:8080",
	"urn_rfc8141":       "must be a URN",
	"urn_rfc2141":       "must be a URN",
	"hostname":          "must be a host name",
	"hostname_rfc1123":  "must be a host name",
	"hostname_label":    "must be one part of a host name",
	"hostname_port":     "must be a host and a port such as host:8080",
	"fqdn":              "must be a full domain name",
	"dns_rfc1035_label": "must be a label of DNS",
	"port":              "must be a port from 1 to 65535",
	"ip":                "must be an IP address",
	"ipv4":              "must be an IPv4 address",
	"ipv6":              "must be an IPv6 address",
	"cidr":              "must be a network such as 10.0.0.0/8",
	"cidrv4":            "must be an IPv4 network such as 10.0.0.0/8",
	"cidrv6":            "must be an IPv6 network such as fd00::/8",
	"tcp_addr":          "must be an address for TCP such as host:8080",
	"tcp4_addr":         "must be an IPv4 address for TCP such as 10.0.0.1:8080",
	"tcp6_addr":         "must be an IPv6 address for TCP such as [::1]:8080",
	"udp_addr":          "must be an address for UDP such as host:8080",
	"udp4_addr":         "must be an IPv4 address for UDP such as 10.0.0.1:8080",
	"udp6_addr":         "must be an IPv6 address for UDP such as [::1]:8080",
	"ip_addr":           "must be an IP address that can be resolved",
	"ip4_addr":          "must be an IPv4 address that can be resolved",
	"ip6_addr":          "must be an IPv6 address that can be resolved",
	"unix_addr":         "must be the path of a Unix socket",
	"uds_exists":        "must be the path of a Unix socket that exists",
	"mac":               "must be a MAC address",
	"email":             "must be an e-mail address",

	// files
	"file":     "must be a file that exists",
	"filepath": "must be the path of a file",
	"dir":      "must be a folder that exists",
	"dirpath":  "must be the path of a folder",
	"image":    "must be an image file that exists",
	"mimetype": "must be a MIME type such as text/html",

	// time, places, money
	"datetime":                      "must be a time written as {param}",
	"duration":                      "must be a duration such as 3s",
	"timezone":                      "must be a time zone such as Europe/Berlin",
	"cron":                          "must be a cron schedule",
	"latitude":                      "must be a latitude from -90 to 90",
	"longitude":                     "must be a longitude from -180 to 180",
	"iso3166_1_alpha2":              "must be a country such as DE",
	"iso3166_1_alpha2_eu":           "must be a country of the EU such as DE",
	"iso3166_1_alpha3":              "must be a country such as DEU",
	"iso3166_1_alpha3_eu":           "must be a country of the EU such as DEU",
	"iso3166_1_alpha_numeric":       "must be a country such as 276",
	"iso3166_1_alpha_numeric_eu":    "must be a country of the EU such as 276",
	"iso3166_2":                     "must be a part of a country such as DE-BY",
	"country_code":                  "must be a country such as DE, DEU or 276",
	"eu_country_code":               "must be a country of the EU such as DE, DEU or 276",
	"iso4217":                       "must be a currency such as EUR",
	"iso4217_numeric":               "must be a currency such as 978",
	"bcp47_language_tag":            "must be a language such as en-GB",
	"bcp47_strict_language_tag":     "must be a language such as en-GB",
	"postcode_iso3166_alpha2":       "must be a post code of {param}",
	"postcode_iso3166_alpha2_field": "must be a post code of the country in {field}",
	"e164":                          "must be a telephone number such as +491234567",

	// identifiers
	"uuid":                      "must be a UUID",
	"uuid3":                     "must be a UUID of version 3",
	"uuid4":                     "must be a UUID of version 4",
	"uuid5":                     "must be a UUID of version 5",
	"uuid7":                     "must be a UUID of version 7",
	"uuid_rfc4122":              "must be a UUID",
	"uuid3_rfc4122":             "must be a UUID of version 3",
	"uuid4_rfc4122":             "must be a UUID of version 4",
	"uuid5_rfc4122":             "must be a UUID of version 5",
	"ulid":                      "must be a ULID",
	"semver":                    "must be a version such as 1.2.3",
	"isbn":                      "must be an ISBN",
	"isbn10":                    "must be an ISBN of 10 digits",
	"isbn13":                    "must be an ISBN of 13 digits",
	"issn":                      "must be an ISSN",
	"bic":                       "must be a BIC",
	"bic_iso_9362_2014":         "must be a BIC",
	"credit_card":               "must be the number of a credit card",
	"ssn":                       "must be a social security number",
	"ein":                       "must be an employer identification number",
	"cve":                       "must be a CVE such as CVE-2026-12345",
	"btc_addr":                  "must be a Bitcoin address",
	"btc_addr_bech32":           "must be a Bitcoin address in Bech32",
	"eth_addr":                  "must be an Ethereum address",
	"eth_addr_checksum":         "must be an Ethereum address with a right checksum",
	"mongodb":                   "must be an object ID of MongoDB",
	"mongodb_connection_string": "must be a connection string of MongoDB",
	"spicedb":                   "must be an identifier of SpiceDB",
	"validateFn":                "must satisfy its own method",
}
