// Package local lets the examples run without a Nacos server of your own. A service of yours does
// not need it: it passes nacos.FromEnv() to nacos.NewClient.
package local
