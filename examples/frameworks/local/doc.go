// Package local starts the examples, also without your own Nacos server. Your service does
// not need it: it passes nacos.FromEnv() to nacos.NewClient.
package local
