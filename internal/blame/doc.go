// Package blame finds the layers of a change that problems of the merged configuration may come
// from.
package blame
