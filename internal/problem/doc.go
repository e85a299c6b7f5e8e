// Package problem collects and selects problems of contents.
package problem
