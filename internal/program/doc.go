// Package program says which program this process runs, and where: what an instance of a service is
// called if the service does not say it.
package program
