package wording

// Error is an error whose text has known authors.
type Error struct {
	text  Text
	cause error
}

// NewError returns an error whose text is nacre's own; see [Own].
func NewError(text string) *Error { return &Error{text: Own(text)} }

// Wrap returns an error whose text is a prefix from nacre and the text of its cause.
func Wrap(own string, cause error) *Error {
	return &Error{Join(Own(own), OfError(cause)), cause}
}

// Said returns an error with this text and cause.
func Said(text Text, cause error) *Error { return &Error{text, cause} }

// Error returns the text.
func (e *Error) Error() string { return e.text.String() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// OfError returns the text of an error, which is foreign unless the error is an [Error]. An error
// whose Error method panics has no text.
func OfError(err error) (t Text) {
	defer func() {
		if recover() != nil {
			t = Own("an error that cannot be printed")
		}
	}()
	if e, ok := err.(*Error); ok && e != nil { //nolint:errorlint // an error that wraps it has another text
		return e.text
	}
	return Foreign(err.Error())
}
