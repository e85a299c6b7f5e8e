//go:build !linux

package file_test

func exact(string) bool { return false }
