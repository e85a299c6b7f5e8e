// Package publickey checks the public keys that a service trusts to sign manifests.
package publickey
