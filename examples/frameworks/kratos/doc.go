// Command kratos is a kratos application whose configuration comes from nacre.
//
//	go -C examples/frameworks run ./kratos
//
// kratos has a config package of its own; this program shows what takes its place: kratos.App runs
// the servers, nacre has the configuration. Without NACOS_SERVER_ADDR it starts a Nacos server in
// the process.
package main
