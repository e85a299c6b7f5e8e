// Command service is the example service of the step operate. It is wired as docs/operations.md
// says: metrics of its config and of its Nacos session, the debug page and its JSON, and the
// actions of operators. POST /fault/NAME?on=true makes something go wrong that it depends on.
package main
