package manifest

// The limits, for the tests.
const (
	MaxSize      = maxSize
	MaxDocuments = maxDocuments
	MaxAudiences = maxAudiences
	MaxText      = maxText
)
