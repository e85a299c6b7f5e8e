package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// pair is a certificate and its key in PEM.
type pair struct{ certificate, key string }

// selfSigned makes a certificate for localhost. Your service gets one from its authority.
func selfSigned() (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return pair{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: now.Add(-time.Minute), NotAfter: now.Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return pair{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return pair{}, err
	}
	encode := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return pair{encode("CERTIFICATE", der), encode("PRIVATE KEY", private)}, nil
}

// document is greeter.yaml. A JSON string is a YAML string too, with its line breaks.
func document(greeting string, p pair) string {
	quote := func(text string) string {
		quoted, _ := json.Marshal(text) // a string is always valid
		return string(quoted)
	}
	return fmt.Sprintf("greeting: %s\ntls:\n  certificate: %s\n  key: %s\n", quote(greeting), quote(p.certificate), quote(p.key))
}
