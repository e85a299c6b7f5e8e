package layer

// IsPart reports whether only the changed part of a text was decoded.
func IsPart(d *Decoded) bool { return d.part }
