// Package plural writes counted nouns and the verbs that belong to them, so that no message says
// "1 documents are deleted".
package plural
