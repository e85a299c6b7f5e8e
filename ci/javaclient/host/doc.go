// Command host runs a command with a nacostest of its own, whose address it tells in
// NACRE_NACOS_ADDR, and ends as the command ends. With -auth the server asks for a login, which is
// in NACRE_NACOS_USERNAME and NACRE_NACOS_PASSWORD. -version is the version of Nacos that nacostest
// answers as.
package main
