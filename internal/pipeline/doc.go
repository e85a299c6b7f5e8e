// Package pipeline turns contents into versions, without making any of them live.
//
// A content decodes to an immutable [Decoded], once, in the goroutine that received it
// ([Decoder.Decode]). [Evaluator.Evaluate] takes one content per layer through the steps that
// change nothing (decode, merge, guard, bind and validate) and returns either a [State] or all
// problems that the first failing step found. Neither knows the engine, its locks or its observers:
// the search for the good part of a change and the change guard ask the same questions with the
// same functions as an apply does.
//
// Each step takes from earlier results what did not change; see docs/adr/0090 to 0093.
package pipeline
