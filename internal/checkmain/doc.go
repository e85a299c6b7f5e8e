// Package checkmain is the program behind nacre.CheckMain: it checks documents against the struct
// of a service, for a person who names files, and for the command nacre, which sends the documents
// of all environments at once.
//
// # Protocol
//
// With the argument "-stdin" the program reads one [Request] as JSON and writes one [Report].
// Documents travel through pipes and not through files, since they may hold secrets; the report
// holds no value of a document. Fields that the program does not know are an error, so that an old
// program does not skip what a newer command asks for; the number of the protocol is 1.
package checkmain
