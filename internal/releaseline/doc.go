// Package releaseline reads and writes the first line of a document in which its publisher names
// the release that it belongs to and the trace of its publication:
//
//	# nacre: release=2.4.0 traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
//
// The line is a comment of the format, so that any other program reads the same document with it
// and without it. It is not part of the configuration: anyone who can write the document can write
// it, and it decides nothing. Release and trace are shown in events, and so the line is bounded and
// its fields are checked: a line that is not understood as a whole is a comment like any other.
//
// # Limits
//
// A line has at most 512 bytes, and a release at most 128.
package releaseline
