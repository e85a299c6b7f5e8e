package wording

// Redacted replaces a secret.
const Redacted = "******"
