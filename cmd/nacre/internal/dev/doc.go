// Package dev runs a Nacos server in the process with the files of a folder as its content, so that
// a developer needs no Java: a file that is edited is published, and a service hears of it. Faults
// of the server can be switched on over a socket that only the same user can reach.
package dev
