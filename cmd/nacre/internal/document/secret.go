package document

import (
	"regexp"
	"strings"
	"unicode"
)

// Hidden stands for the value of a secret, as everywhere in nacre.
const Hidden = "******"

// secretWords are words in names of keys whose values are secret.
var secretWords = map[string]bool{
	"password": true, "passwords": true, "passwd": true, "passphrase": true, "pwd": true, "pass": true, "pin": true,
	"secret": true, "secrets": true, "token": true, "tokens": true, "jwt": true, "bearer": true,
	"credential": true, "credentials": true, "authorization": true, "cookie": true, "salt": true,
	"key": true, "keys": true, "apikey": true, "accesskey": true, "secretkey": true, "privatekey": true, "signature": true,
	"dsn": true, "conn": true, "connection": true, "connectionstring": true,
}

// SecretName reports whether a name of a key, or one above it, contains a word such as password,
// token, key or dsn: "db.password", "apiKey", "JWT_SECRET". A word is a whole word, so that
// "keyspace" and "tokenizer" are not secret.
func SecretName(path string) bool {
	for _, word := range words(path) {
		if secretWords[word] {
			return true
		}
	}
	return false
}

// words splits a path into words in lower case: at characters other than letters, and where a
// capital letter follows a small one or precedes one.
func words(path string) (all []string) {
	var word []rune
	end := func() {
		if len(word) > 0 {
			all = append(all, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	runes := []rune(path)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r):
			end()
			continue
		case unicode.IsUpper(r) && i > 0 && unicode.IsLower(runes[i-1]):
			end()
		case unicode.IsUpper(r) && i+1 < len(runes) && unicode.IsLower(runes[i+1]):
			end()
		}
		word = append(word, r)
	}
	end()
	return all
}

// secretForms are forms of values that are, or contain, a secret.
var secretForms = []*regexp.Regexp{
	regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*(PRIVATE KEY|ENCRYPTED)`),
	regexp.MustCompile(`://[^/?#\s@]*:[^/?#\s]+@`),    // a URL with a password
	regexp.MustCompile(`^\S*:[^\s@/]+@(tcp|unix)?\(`), // a DSN of MySQL
	regexp.MustCompile(`(?i)(password|passwd|pwd|secret|token|access_?key|api_?key)\s*=\s*\S`),
	regexp.MustCompile(`^(ENC\(|ENC\[|\{cipher\}|AGE-SECRET-KEY-|-----BEGIN AGE|\$ANSIBLE_VAULT|vault:v[0-9])`), // encrypted
	regexp.MustCompile(`^eyJ[A-Za-z0-9_-]+\.eyJ`),                                                               // a JWT
	regexp.MustCompile(`^(AKIA|ASIA|LTAI|ghp_|github_pat_|glpat-|xox[bp]-|sk-)[A-Za-z0-9_-]{10,}`),
	regexp.MustCompile(`(?i)^(basic|bearer) \S{6}`),
}

// SecretValue reports whether a value has the form of a secret: a private key, a URL or DSN with a
// password, a token, or an encrypted text.
func SecretValue(text string) bool {
	for _, form := range secretForms {
		if form.MatchString(text) {
			return true
		}
	}
	return false
}
