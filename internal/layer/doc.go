// Package layer decodes the documents of a config's layers to trees, and merges the trees to one.
//
// # Flow
//
// [Decode] decodes one document of any format to a tree whose nodes have a line and a column.
// A [Merger] merges the trees of all documents, lowest first, by the rules of the bound struct. For
// one path of the merged tree, it returns the value of each tree, and whether a higher tree hides
// it.
//
// # Changes
//
// [Decoder.DecodeAfter] decodes a document that differs little from the one before it. It finds the
// lines that differ, and the smallest map or list of the tree around them. Then it decodes only the
// keys or items that have these lines, and returns the tree before with these replaced. Each format
// has a file for that: partyaml.go, partjson.go and partproperties.go.
//
// # Formats
//
// YAML, JSON and TOML have a structure of their own. An environment, a .env file and a .properties
// file have flat names. The keys of the bound struct decide which path a name means (see
// resolve.go): DB_POOL_SIZE is db.pool_size or db.pool.size, whichever the struct has. The values
// of flat names are [source.Text], because only the field knows their type.
//
// # Concurrency
//
// All functions are safe for concurrent use: they keep no state. Trees are immutable. A merged tree
// shares subtrees with the trees that it was made of.
//
// # Errors
//
// Errors in a document are returned as problems with positions, as many as possible at once. No
// problem carries a value: the text of a parser library is replaced by nacre's own.
//
// # Limits
//
// A document has at most [MaxSize] bytes, [MaxNodes] values with its aliases expanded, and
// [tree.MaxDepth] levels.
package layer
