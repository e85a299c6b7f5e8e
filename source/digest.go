package source

// Digest is a checksum as an origin declares it. The zero value declares none.
type Digest struct {
	// Algorithm is "md5" or "sha256".
	Algorithm string
	// Hex is the sum in lower-case hexadecimal.
	Hex string
}

// IsZero reports whether nothing is declared.
func (d Digest) IsZero() bool { return d == Digest{} }

// String returns "md5:9e107d9d…" in full, or "none".
func (d Digest) String() string {
	if d.IsZero() {
		return "none"
	}
	return d.Algorithm + ":" + d.Hex
}

// The digest algorithms that the engine can verify.
const (
	MD5    = "md5" // what Nacos declares; it finds damage, not malice
	SHA256 = "sha256"
)
