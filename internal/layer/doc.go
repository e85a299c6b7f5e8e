// Package layer turns the documents of a config's layers into trees, and folds the trees into one.
//
// # Flow
//
// [Decode] reads one document, whatever its format, into a tree whose nodes know line and column. [Merge] folds the trees of
// all documents, lowest first. [Candidates] tells, for one path, what each tree said and who hid it.
//
// # Formats
//
// YAML, JSON and TOML have structure of their own. An environment, a .env file and a .properties file have flat names; which
// path a name means is told by the keys that the bound struct has (see resolve.go): DB_POOL_SIZE is db.pool_size, or
// db.pool.size, whichever there is. Their values are [source.Text], because only the field knows what type they have.
//
// # Concurrency
//
// All functions are safe for concurrent use: they keep no state. Trees are immutable; a merged tree shares what it can with
// the trees that it was made of.
//
// # Errors
//
// What is wrong with a document comes back as problems with positions, as many of them as can be told at once. No problem
// carries a value: what a parser library says is replaced by words of our own.
//
// # Limits
//
// A document has at most [MaxSize] bytes, [MaxNodes] values once its aliases are expanded, and [tree.MaxDepth] levels.
package layer
