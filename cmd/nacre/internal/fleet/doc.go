// Package fleet finds out from a Prometheus how far the instances of a service have got with a
// content. No metric has the md5 of a document, so [Query.Ask] derives that from times: an instance
// has received the content if its source has verified after the publish that it has the newest one.
// It has applied the content if it has also accepted a content since, or if a minute has passed,
// which is longer than a decision takes. The clocks of the server and of the instances must agree.
//
// Metrics name the kinds of the problems of a rejected content, such as "unknown key", but neither
// the key nor its position.
package fleet
